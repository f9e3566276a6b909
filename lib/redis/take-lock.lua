-- Takes a lock that is free, or renews one's own.
-- KEYS[1] lock (hash: owner, fence)   ARGV[1] owner  [2] ms it is held unless it is renewed
-- Reply: the fence, or nil where another has it
-- Keeps: one owner at a time, by Redis' clock; who takes it again after it lapsed gets a greater fence, also when the
--   key has expired in between: the fence is the µs at which it was taken.
local held = redis.call('HMGET', KEYS[1], 'owner', 'fence')
if held[1] and held[1] ~= ARGV[1] then return false end
local fence = held[2]
if not fence then
  local time = redis.call('TIME')
  fence = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', fence)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return fence
