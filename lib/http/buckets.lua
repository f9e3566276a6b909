-- Prelude of the scripts that count requests (GCRA: a bucket fills evenly and holds one window's worth).
-- Takes one request out of every bucket, or out of none. A bucket is a string: the time in ms at which it is full again.
-- Answers ms to wait, bucket, requests left, ms until it is full: of the bucket that makes wait longest, or of the one
-- that is nearest to it; 0 ms where the request passes.
-- Numbers are written by %d: Redis turns a number of Lua's into text for a microsecond.
-- Keeps: a refused request takes nothing; no bucket gives more than twice its quota in any window; every key expires.
local function take(now, buckets, quotas, window)
  local full = redis.call('MGET', unpack(buckets))
  local wait, at, left, fullIn, share
  for i in ipairs(buckets) do
    local gap = window / quotas[i]
    full[i] = math.max(tonumber(full[i] or '0'), now) + gap
    local room = now + window - full[i]
    local waits = math.max(math.ceil(-room - 0.001), 0)
    local lefts = math.max(math.floor(room / gap + 0.001), 0)
    if not at or waits > wait or (waits == wait and lefts / quotas[i] < share) then
      wait, at, left, fullIn, share = waits, i, lefts, math.ceil(full[i] - now), lefts / quotas[i]
    end
  end
  if wait == 0 then
    for i, key in ipairs(buckets) do
      redis.call('SET', key, string.format('%d.%03d', full[i], full[i] % 1 * 1000), 'PXAT', string.format('%d', math.ceil(full[i])))
    end
  end
  return wait, at, left, fullIn
end
