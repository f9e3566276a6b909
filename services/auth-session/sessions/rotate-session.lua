-- Gives a session a new token: the same life under a new name, its holder having just proved a factor.
-- KEYS[1] session under its old hash  KEYS[2] under its new one  KEYS[3] practice epoch  KEYS[4] practice's limits
-- ARGV[1] old hash  ARGV[2] new hash  ARGV[3] aal  ARGV[4] idle ms  ARGV[5] absolute ms
-- ARGV[6] prefix of the users' session indexes  ARGV[7] of their access  ARGV[8] of their credentials
-- ARGV[9] channel  ARGV[10] practice id
-- ARGV[11] 1 to end the user's other sessions  ARGV[12] a new sealed password hash, or empty
-- Reply: nil where the session is gone or refused, else {createdAt, idleExpiresAt, absoluteExpiresAt, 1 where the
-- password must still be changed}, times in ms.
-- Keeps: never two good tokens of one session; the absolute expiry stays; a new password, the end of the other
-- sessions and of the first password are one step.
local session = redis.call('HMGET', KEYS[1], 'userId', 'createdAt', 'absoluteExpiresAt', 'userEpoch', 'practiceEpoch')
if not session[1] then return nil end
local access = redis.call('HMGET', ARGV[7] .. session[1], 'epoch', 'disabled')
if access[1] ~= session[4] or access[2] == '1' then return nil end
if (redis.call('GET', KEYS[3]) or '0') ~= session[5] then return nil end

local idle, absolute = expiries(KEYS[4], tonumber(session[2]), now, ARGV[4], ARGV[5])
absolute = math.min(absolute, tonumber(session[3]))
idle = math.min(idle, absolute)
if idle <= now then return nil end

redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 'aal', ARGV[3], 'provedAt', now, 'activeAt', now, 'absoluteExpiresAt', absolute)
redis.call('PEXPIREAT', KEYS[2], idle)
redis.call('ZREM', ARGV[6] .. session[1], ARGV[1])
redis.call('ZADD', ARGV[6] .. session[1], session[2], ARGV[2])
redis.call('PEXPIREAT', ARGV[6] .. session[1], absolute, 'NX')
redis.call('PUBLISH', ARGV[9], cjson.encode({practiceId = ARGV[10], tokenHash = ARGV[1], rotated = true}))

if ARGV[12] ~= '' then
  redis.call('HSET', ARGV[8] .. session[1], 'passwordHash', ARGV[12])
  redis.call('HDEL', ARGV[8] .. session[1], 'passwordFailures', 'firstPasswordUntil')
  redis.call('HDEL', KEYS[2], 'firstPassword')
end
if ARGV[11] == '1' then
  redis.call('HSET', KEYS[2], 'userEpoch', redis.call('HINCRBY', ARGV[7] .. session[1], 'epoch', 1))
  redis.call('PUBLISH', ARGV[9], cjson.encode({practiceId = ARGV[10], userId = session[1]}))
end
return {tonumber(session[2]), idle, absolute, redis.call('HEXISTS', KEYS[2], 'firstPassword')}
