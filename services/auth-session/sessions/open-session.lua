-- Opens a session for a user who may have one.
-- KEYS[1] session  KEYS[2] access  KEYS[3] practice epoch  KEYS[4] index of the user's sessions
-- ARGV[1] user id  ARGV[2] aal  ARGV[3] token hash  ARGV[4] idle ms  ARGV[5] absolute ms
-- ARGV[6] sessions a user may hold  ARGV[7] prefix of session keys  ARGV[8] channel  ARGV[9] practice id
-- Reply: nil where the user is unknown or disabled, else {createdAt, idleExpiresAt, absoluteExpiresAt} in ms.
-- Keeps: a session carries the epochs it began under, always expires, and the index never outgrows its bound.
local access = redis.call('HMGET', KEYS[2], 'epoch', 'disabled')
if not access[1] or access[2] == '1' then return nil end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local absolute = now + tonumber(ARGV[5])
local idle = math.min(now + tonumber(ARGV[4]), absolute)

for _, hash in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  if redis.call('EXISTS', ARGV[7] .. hash) == 0 then redis.call('ZREM', KEYS[4], hash) end
end
local surplus = redis.call('ZCARD', KEYS[4]) + 1 - tonumber(ARGV[6])
if surplus > 0 then
  for _, hash in ipairs(redis.call('ZRANGE', KEYS[4], 0, surplus - 1)) do
    redis.call('DEL', ARGV[7] .. hash)
    redis.call('ZREM', KEYS[4], hash)
    redis.call('PUBLISH', ARGV[8], cjson.encode({practiceId = ARGV[9], tokenHash = hash}))
  end
end

redis.call('HSET', KEYS[1], 'userId', ARGV[1], 'aal', ARGV[2], 'createdAt', now, 'absoluteExpiresAt', absolute,
  'userEpoch', access[1], 'practiceEpoch', redis.call('GET', KEYS[3]) or '0')
redis.call('PEXPIREAT', KEYS[1], idle)
redis.call('ZADD', KEYS[4], now, ARGV[3])
redis.call('PEXPIREAT', KEYS[4], absolute)
return {now, idle, absolute}
