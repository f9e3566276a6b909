-- Takes one request out of several buckets at once, or out of none (GCRA: a bucket fills evenly and holds one window's worth).
-- KEYS[i] bucket (string: the time in ms at which it is full again)
-- ARGV[1] window ms  ARGV[1 + i] requests that bucket i lets pass in a window
-- Reply: {ms to wait, bucket, requests left, ms until it is full}: of the bucket that makes wait longest, or of the
-- one that is nearest to it; 0 ms where the request passes.
-- Keeps: a refused request takes nothing; no bucket gives more than twice its quota in any window; every key expires.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local window = tonumber(ARGV[1])

local fullAt, told = {}, nil
for i, key in ipairs(KEYS) do
  local quota = tonumber(ARGV[1 + i])
  local gap = window / quota
  fullAt[i] = math.max(tonumber(redis.call('GET', key) or '0'), now) + gap
  local room = now + window - fullAt[i]
  local wait = math.max(math.ceil(-room - 0.001), 0)
  local left = math.max(math.floor(room / gap + 0.001), 0)
  local state = {wait, i, left, math.ceil(fullAt[i] - now), left / quota}
  if not told or state[1] > told[1] or (state[1] == told[1] and state[5] < told[5]) then told = state end
end

if told[1] == 0 then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.3f', fullAt[i]), 'PX', math.ceil(fullAt[i] - now))
  end
end
return {told[1], told[2], told[3], told[4]}
