-- Counts the consecutive failures of one authenticator (password or TOTP) of a user.
-- KEYS[1] user
-- ARGV[1] field that counts  ARGV[2] fail | pass  ARGV[3] failures that disable it
-- Reply: the count now; at the limit or above, the authenticator is disabled and a pass does not count.
-- Keeps: a disabled authenticator stays so until somebody resets it; a user who does not exist is not made.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local failures = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if failures >= tonumber(ARGV[3]) then return failures end
if ARGV[2] == 'fail' then return redis.call('HINCRBY', KEYS[1], ARGV[1], 1) end

redis.call('HDEL', KEYS[1], ARGV[1])
return 0
