-- Puts another password in the place of a user's own and ends every session of theirs.
-- KEYS[1] user  KEYS[2] access
-- ARGV[1] sealed password hash  ARGV[2] when it stops signing in where it is a first password, in ms, or empty
-- ARGV[3] channel  ARGV[4] message for it
-- Reply: 1, or 0 where there is no such user.
-- Keeps: whoever proved something by the old password, or changes it at the same time, either came before this step and
-- is undone by it, or finds their session ended; a user who was removed meanwhile does not come back in part.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'passwordHash', ARGV[1])
redis.call('HDEL', KEYS[1], 'passwordFailures', 'firstPasswordUntil')
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'firstPasswordUntil', ARGV[2]) end
redis.call('HINCRBY', KEYS[2], 'epoch', 1)
redis.call('HDEL', KEYS[2], 'emergency', 'emergencyUntil')
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
