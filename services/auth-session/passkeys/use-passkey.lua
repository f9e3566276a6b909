-- Notes that a passkey was used, where its signature counter went on.
-- KEYS[1] passkeys  KEYS[2] their uses
-- ARGV[1] passkey id  ARGV[2] counter of this signature  ARGV[3] now in ms
-- Reply: 1 noted, 0 the counter did not go on (a copy of the key may be in use), -1 there is no such passkey.
-- Keeps: WebAuthn Level 3 section 7.2 step 22, also for signatures that arrive at the same time. A passkey that
-- counts nothing always says 0.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return -1 end
local before = tonumber(string.match(redis.call('HGET', KEYS[2], ARGV[1]) or '0', '^%d+'))
local counter = tonumber(ARGV[2])
if (counter > 0 or before > 0) and counter <= before then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
