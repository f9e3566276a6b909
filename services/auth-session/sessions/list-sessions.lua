-- The sessions of a user that are good now.
-- KEYS[1] index of the user's sessions  KEYS[2] access  KEYS[3] practice epoch
-- ARGV[1] prefix of session keys (same hash tag)
-- Reply: {hash, aal, createdAt, activeAt, idleExpiresAt, absoluteExpiresAt, sealed device, newDevice, firstPassword} of
-- each, oldest first. Reads only; what a revocation ended is left out.
local access = redis.call('HMGET', KEYS[2], 'epoch', 'disabled')
local practiceEpoch = redis.call('GET', KEYS[3]) or '0'
local found = {}
if not access[1] or access[2] == '1' then return found end

for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[1] .. hash
  local of = redis.call('HMGET', key, 'userEpoch', 'practiceEpoch', 'aal', 'createdAt', 'activeAt',
    'absoluteExpiresAt', 'device', 'newDevice', 'firstPassword')
  if of[1] == access[1] and of[2] == practiceEpoch then
    found[#found + 1] = {hash, of[3], of[4], of[5], redis.call('PEXPIRETIME', key), of[6], of[7] or '', of[8] or '0',
      of[9] or '0'}
  end
end
return found
