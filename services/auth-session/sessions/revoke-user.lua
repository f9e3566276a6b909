-- Ends every session of a user by moving the epoch on; whatever began under the old one is refused.
-- KEYS[1] access
-- ARGV[1] channel  ARGV[2] practice id  ARGV[3] user id
-- Reply: 1, or 0 where there is no such user.
-- Keeps: no walk over sessions decides, so one that opens at the same time is before or after this step, never beside.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HDEL', KEYS[1], 'emergency', 'emergencyUntil')
redis.call('PUBLISH', ARGV[1], cjson.encode({practiceId = ARGV[2], userId = ARGV[3]}))
return 1
