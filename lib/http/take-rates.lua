-- Takes requests out of several buckets each at once, or out of none (GCRA: a bucket fills evenly and holds one window's
-- worth).
-- KEYS[i] bucket (string: the time in ms at which it is full again), as many for each request; one may stand twice
-- ARGV[1] window ms  [2] buckets of a request  ARGV[2 + i] requests that bucket i lets pass in a window
-- Reply, for each request: ms to wait, bucket (from 1), requests left, ms until it is full: of the bucket that makes wait
-- longest, or of the one that is nearest to it; 0 ms where the request passes.
-- Keeps: a refused request takes nothing; no bucket gives more than twice its quota in any window; every key expires.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local window, buckets = tonumber(ARGV[1]), tonumber(ARGV[2])

local function take(first)
  local fullAt, told = {}, nil
  for i = 1, buckets do
    local gap = window / tonumber(ARGV[1 + first + i])
    fullAt[i] = math.max(tonumber(redis.call('GET', KEYS[first - 1 + i]) or '0'), now) + gap
    local room = now + window - fullAt[i]
    local wait = math.max(math.ceil(-room - 0.001), 0)
    local left = math.max(math.floor(room / gap + 0.001), 0)
    local state = {wait, i, left, math.ceil(fullAt[i] - now), left * gap}
    if not told or state[1] > told[1] or (state[1] == told[1] and state[5] < told[5]) then told = state end
  end
  if told[1] == 0 then
    for i = 1, buckets do
      redis.call('SET', KEYS[first - 1 + i], string.format('%.3f', fullAt[i]), 'PX', math.ceil(fullAt[i] - now))
    end
  end
  return told
end

local reply = {}
for first = 1, #KEYS, buckets do
  local told = take(first)
  for i = 1, 4 do reply[#reply + 1] = told[i] end
end
return reply
