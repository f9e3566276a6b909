-- Writes a passkey anew.
-- KEYS[1] passkeys
-- ARGV[1] passkey id  ARGV[2] sealed passkey
-- Reply: 1, or 0 where there is no such passkey.
-- Keeps: a passkey that was removed meanwhile does not come back.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
