-- Changes a user's roles or whether they are disabled, or removes them with all that is kept of them.
-- KEYS[1] access  KEYS[2] practice's users  KEYS[3] practice's role table  KEYS[4...] what `remove` takes along
-- ARGV[1] prefix of the practice's access keys  ARGV[2] user id  ARGV[3] version expected, or ''
-- ARGV[4] change: claim | roles | disable | enable | remove  ARGV[5] roles, for a change of roles
-- ARGV[6] channel  ARGV[7] message for it  ARGV[8...] standard role table: role, permissions, ...
-- Reply: {'done', version}, {'not-found'}, {'version-conflict'} or {'last-admin'}.
-- Keeps: a practice with somebody who may manage users never loses the last one; of two changes that expect the same
-- version one is made; what takes access away has taken it before the reply, and is told to open streams.
local access = redis.call('HMGET', KEYS[1], 'roles', 'disabled', 'version')
if not access[1] or not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return {'not-found'} end
local version = tonumber(access[3] or '1')
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= version then return {'version-conflict'} end

local grants = grants_of(redis.call('HGETALL', KEYS[3]), {unpack(ARGV, 8)})
local takes = ARGV[4] == 'roles' or ARGV[4] == 'disable' or ARGV[4] == 'remove'
local before = takes and count_managers(KEYS[2], ARGV[1], grants) or 0
if ARGV[4] == 'roles' then redis.call('HSET', KEYS[1], 'roles', ARGV[5]) end
if ARGV[4] == 'disable' or ARGV[4] == 'remove' then redis.call('HSET', KEYS[1], 'disabled', '1') end
if ARGV[4] == 'enable' then redis.call('HSET', KEYS[1], 'disabled', '0') end
if before > 0 and count_managers(KEYS[2], ARGV[1], grants) == 0 then
  redis.call('HSET', KEYS[1], 'roles', access[1], 'disabled', access[2])
  return {'last-admin'}
end

redis.call('HSET', KEYS[1], 'version', version + 1)
-- A role is looked up with every request; whoever is disabled comes back, if ever, to no old session.
if ARGV[4] == 'disable' then
  redis.call('HINCRBY', KEYS[1], 'epoch', 1)
  redis.call('HDEL', KEYS[1], 'emergency', 'emergencyUntil')
end
if ARGV[4] == 'remove' then
  redis.call('DEL', KEYS[1], unpack(KEYS, 4))
  redis.call('ZREM', KEYS[2], ARGV[2])
end
redis.call('PUBLISH', ARGV[6], ARGV[7])
return {'done', version + 1}
