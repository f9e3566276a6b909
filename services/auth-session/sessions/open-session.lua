-- Opens a session for a user who may have one.
-- KEYS[1] session  KEYS[2] access  KEYS[3] practice epoch  KEYS[4] index of the user's sessions
-- KEYS[5] practice's session limits  KEYS[6] the user's devices, by last use
-- ARGV[1] user id  ARGV[2] aal  ARGV[3] token hash  ARGV[4] idle ms  ARGV[5] absolute ms
-- ARGV[6] sessions a user may hold  ARGV[7] prefix of session keys  ARGV[8] channel  ARGV[9] practice id
-- ARGV[10] epochs under which the user proved who they are, or empty  ARGV[11] sealed device, or empty
-- ARGV[12] its digest, or empty  ARGV[13] ms a device is remembered  ARGV[14] devices remembered
-- ARGV[15] 1 where it was proved by a first password, or empty
-- Reply: nil where the user is unknown, disabled or was revoked since, else {createdAt, idleExpiresAt,
-- absoluteExpiresAt, 1 where the device is new, sessions beside this one}.
-- Keeps: a session carries the epochs it began under, always expires, and no index outgrows its bound.
local access = redis.call('HMGET', KEYS[2], 'epoch', 'disabled')
if not access[1] or access[2] == '1' then return nil end
local practiceEpoch = redis.call('GET', KEYS[3]) or '0'
if ARGV[10] ~= '' and ARGV[10] ~= access[1] .. '.' .. practiceEpoch then return nil end

local idle, absolute = expiries(KEYS[5], now, now, ARGV[4], ARGV[5])

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

local newDevice = 0
if ARGV[12] ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now - tonumber(ARGV[13]))
  if redis.call('ZCARD', KEYS[6]) > 0 and not redis.call('ZSCORE', KEYS[6], ARGV[12]) then newDevice = 1 end
  redis.call('ZADD', KEYS[6], now, ARGV[12])
  redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -tonumber(ARGV[14]) - 1)
  redis.call('PEXPIRE', KEYS[6], ARGV[13])
end

local others = redis.call('ZCARD', KEYS[4])
redis.call('HSET', KEYS[1], 'userId', ARGV[1], 'aal', ARGV[2], 'createdAt', now, 'provedAt', now, 'activeAt', now,
  'absoluteExpiresAt', absolute, 'userEpoch', access[1], 'practiceEpoch', practiceEpoch, 'device', ARGV[11],
  'newDevice', newDevice)
if ARGV[15] ~= '' then redis.call('HSET', KEYS[1], 'firstPassword', ARGV[15]) end
redis.call('PEXPIREAT', KEYS[1], idle)
redis.call('ZADD', KEYS[4], now, ARGV[3])
redis.call('PEXPIREAT', KEYS[4], absolute, 'NX')
redis.call('PEXPIREAT', KEYS[4], absolute, 'GT')
return {now, idle, absolute, newDevice, others}
