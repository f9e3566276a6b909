-- Takes all second factors away from a user, enables the password again, and ends every session.
-- KEYS[1] user  KEYS[2] access  KEYS[3...] what stands of the factors beside the user
-- ARGV[1] channel  ARGV[2] message: the user's sessions have ended
-- Reply: 1, or 0 where there is no such user.
-- Keeps: no session that an old factor opened outlives it; open streams are told.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'totp', 'totpLastStep', 'totpFailures', 'passwordFailures')
redis.call('DEL', unpack(KEYS, 3))
redis.call('HINCRBY', KEYS[2], 'epoch', 1)
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
