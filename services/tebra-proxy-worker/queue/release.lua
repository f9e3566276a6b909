-- Lets a practice's held line go on.
-- KEYS[1] practice's line  [2] requests  [3] held practices  [4] leader's lock   ARGV[1] practice  [2] leader's fence
-- Reply: 1, or 0 where it was not held. Keeps: no more than the practice's share comes into the stream; a leader that
--   was stopped and wakes up, to whom an account seemed to be let in, lets nothing go on.
if redis.call('HGET', KEYS[4], 'fence') ~= ARGV[2] then return 0 end
redis.call('SREM', KEYS[3], ARGV[1])
if redis.call('HDEL', KEYS[1], 'held') == 0 then return 0 end
fill(KEYS[2], KEYS[1], tonumber(redis.call('HGET', KEYS[1], 'active') or '0'))
return 1
