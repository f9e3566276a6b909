-- Takes the next turn of an operation, or says how long to wait; with a second argument it pauses the operation.
-- KEYS[1] limit of one account and operation (holds the ms at which the next call may go)
-- ARGV[1] interval ms  [2] pause ms (optional)   Reply: 0 when the turn is taken, else ms to wait
-- Keeps: two turns are never closer than the interval, by Redis' clock, whoever takes them.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = tonumber(redis.call('GET', KEYS[1]) or '0')
if ARGV[2] then
  local untilMs = math.max(free, now + ARGV[2])
  redis.call('SET', KEYS[1], string.format('%.0f', untilMs), 'PXAT', string.format('%.0f', untilMs + 1000))
  return 0
end
if free > now then return free - now end
local nextMs = now + ARGV[1]
redis.call('SET', KEYS[1], string.format('%.0f', nextMs), 'PXAT', string.format('%.0f', nextMs + 1000))
return 0
