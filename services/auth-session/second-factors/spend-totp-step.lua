-- Spends a TOTP time step.
-- KEYS[1] user
-- ARGV[1] step
-- Reply: 1 where this call spent it, 0 where it or a later one was spent before, or the user has no TOTP.
-- Keeps: a code signs in once, however many calls carry it at the same time (RFC 6238 section 5.2).
local user = redis.call('HMGET', KEYS[1], 'totp', 'totpLastStep')
if not user[1] or tonumber(user[2] or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'totpLastStep', ARGV[1])
return 1
