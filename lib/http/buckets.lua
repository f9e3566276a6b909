-- Prelude of the scripts that count requests (GCRA: a bucket fills evenly and holds one window's worth).
-- Takes one request out of every bucket, or out of none. A bucket is a string: the time in ms at which it is full again.
-- Answers ms to wait, bucket, requests left, ms until it is full: of the bucket that makes wait longest, or of the one
-- that is nearest to it; 0 ms where the request passes.
-- Keeps: a refused request takes nothing; no bucket gives more than twice its quota in any window; every key expires.
local function take(buckets, quotas, window)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  local full = {}
  local wait, at, left, fullIn, share
  for i, key in ipairs(buckets) do
    local gap = window / quotas[i]
    full[i] = math.max(tonumber(redis.call('GET', key) or '0'), now) + gap
    local room = now + window - full[i]
    local waits = math.max(math.ceil(-room - 0.001), 0)
    local lefts = math.max(math.floor(room / gap + 0.001), 0)
    if not at or waits > wait or (waits == wait and lefts / quotas[i] < share) then
      wait, at, left, fullIn, share = waits, i, lefts, math.ceil(full[i] - now), lefts / quotas[i]
    end
  end
  if wait == 0 then
    for i, key in ipairs(buckets) do
      redis.call('SET', key, string.format('%.3f', full[i]), 'PX', math.ceil(full[i] - now))
    end
  end
  return wait, at, left, fullIn
end
