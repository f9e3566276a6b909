-- Lets a practice's held line go on.
-- KEYS[1] practice's line  [2] requests  [3] held practices   ARGV[1] practice
-- Reply: 1, or 0 where it was not held. Keeps: no more than the practice's share comes into the stream.
redis.call('SREM', KEYS[3], ARGV[1])
if redis.call('HDEL', KEYS[1], 'held') == 0 then return 0 end
fill(KEYS[2], KEYS[1], tonumber(redis.call('HGET', KEYS[1], 'active') or '0'))
return 1
