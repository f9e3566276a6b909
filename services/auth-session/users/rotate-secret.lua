-- Gives a program a new secret.
-- KEYS[1] program
-- ARGV[1] hash of the new secret  ARGV[2] ms for which the present one goes on working
-- Reply: 1, or 0 where there is no such program.
-- Keeps: at most two secrets work; the one before the present one ends now.
local present = redis.call('HGET', KEYS[1], 'secret')
if not present then return 0 end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'secret', ARGV[1], 'rotatedAt', now, 'previous', present, 'previousUntil', now + tonumber(ARGV[2]))
if ARGV[2] == '0' then redis.call('HDEL', KEYS[1], 'previous', 'previousUntil') end
return 1
