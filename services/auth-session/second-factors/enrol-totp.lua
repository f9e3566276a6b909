-- Makes a proved TOTP secret the user's, in the place of an earlier one.
-- KEYS[1] user  KEYS[2] recovery codes
-- ARGV[1] sealed secret  ARGV[2] step whose code proved it  ARGV[3...] hashes of the recovery codes
-- Reply: 1, or 0 where the user does not exist any more.
-- Keeps: the code that proved the secret signs in nowhere else; older recovery codes end with the older secret.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'totp', ARGV[1], 'totpLastStep', ARGV[2])
redis.call('HDEL', KEYS[1], 'totpFailures')
redis.call('DEL', KEYS[2])
redis.call('SADD', KEYS[2], unpack(ARGV, 3))
return 1
