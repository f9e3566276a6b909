-- Takes the stopped accounts that are to be tried now; each is tried by one worker, and the next time twice as late.
-- KEYS[1] stops   ARGV[1] prefix of what is known of each (same hash tag)  [2] longest wait in ms
-- Reply: their names
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 10)
for _, account in ipairs(due) do
  local stop = ARGV[1] .. account
  local waitMs = math.min(tonumber(ARGV[2]), 2 * tonumber(redis.call('HGET', stop, 'waitMs') or ARGV[2]))
  redis.call('HSET', stop, 'waitMs', string.format('%.0f', waitMs))
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + waitMs), account)
end
return due
