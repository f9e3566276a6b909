-- Lets a program in by its secret.
-- KEYS[1] program
-- ARGV[1] hash of the secret
-- Reply: 1, or 0 where the secret is not, or no longer, the program's, or there is no such program.
-- Keeps: the secret before the last one ends at its moment, by Redis' clock; only a use that succeeds is noted.
local program = redis.call('HMGET', KEYS[1], 'secret', 'previous', 'previousUntil')
if not program[1] then return 0 end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local previous = program[2] == ARGV[1] and now < tonumber(program[3] or '0')
if program[1] ~= ARGV[1] and not previous then return 0 end
redis.call('HSET', KEYS[1], 'lastUsedAt', now)
return 1
