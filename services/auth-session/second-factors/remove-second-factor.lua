-- Takes one second factor away from a user.
-- KEYS[1] user  KEYS[2] passkeys  KEYS[3] their uses  KEYS[4] recovery codes
-- ARGV[1] 'totp', or the id of a passkey  ARGV[2] '1' where the user must keep a factor
-- Reply: 1 removed, 0 there is no such factor, -1 it is the last one of a user who must keep one.
-- Keeps: of two removals at the same time at most one takes the last but one; recovery codes go with the last factor.
local totp = redis.call('HEXISTS', KEYS[1], 'totp')
local there = totp
if ARGV[1] ~= 'totp' then there = redis.call('HEXISTS', KEYS[2], ARGV[1]) end
if there == 0 then return 0 end

local last = totp + redis.call('HLEN', KEYS[2]) == 1
if last and ARGV[2] == '1' then return -1 end

if ARGV[1] == 'totp' then
  redis.call('HDEL', KEYS[1], 'totp', 'totpLastStep', 'totpFailures')
else
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
end
if last then redis.call('DEL', KEYS[4]) end
return 1
