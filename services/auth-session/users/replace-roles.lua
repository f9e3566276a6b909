-- Replaces a practice's role table.
-- KEYS[1] role table  KEYS[2] its version  KEYS[3] practice's users
-- ARGV[1] prefix of the practice's access keys  ARGV[2] version expected  ARGV[3] channel  ARGV[4] message for it
-- ARGV[5] how many of the arguments behind are the standard table  ARGV[6...] standard table, new table: role, permissions, ...
-- Reply: {'done', version}, {'version-conflict'} or {'last-admin'}.
-- Keeps: a practice with somebody who may manage users never loses the last one; every check sees the old table or
-- the new one, never a part.
local version = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[2]) ~= version then return {'version-conflict'} end

local standard_end = 5 + tonumber(ARGV[5])
local standard = {unpack(ARGV, 6, standard_end)}
local new = {unpack(ARGV, standard_end + 1)}
local before = count_managers(KEYS[3], ARGV[1], grants_of(redis.call('HGETALL', KEYS[1]), standard))
if before > 0 and count_managers(KEYS[3], ARGV[1], grants_of(new, {})) == 0 then return {'last-admin'} end

redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(new))
redis.call('SET', KEYS[2], version + 1)
redis.call('PUBLISH', ARGV[3], ARGV[4])
return {'done', version + 1}
