-- Which of these sessions are good now, and what may their users do?
-- KEYS[1] practice epoch  KEYS[2] practice's role table  KEYS[3] its second-factor roles  KEYS[4…] sessions
-- ARGV[1] prefix of the practice's access keys (same hash tag as the keys)
-- Reply: {now ms, second-factor roles, {role, permissions, …}, then for each session: false, or {userId, aal, createdAt,
--   absoluteExpiresAt, provedAt, idle ms left, roles, emergencyUntil or 0, 1 where the password is a first one}}
-- Keeps: an ended, expired, outdated or disabled session is never answered as good; reads only, so EVAL_RO serves.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local practiceEpoch = redis.call('GET', KEYS[1]) or '0'

local function check(key)
  local session = redis.call('HMGET', key, 'userId', 'aal', 'createdAt', 'absoluteExpiresAt', 'userEpoch', 'practiceEpoch',
    'provedAt', 'emergencyUntil', 'firstPassword')
  if not session[1] or now >= tonumber(session[4]) or session[6] ~= practiceEpoch then return false end
  local access = redis.call('HMGET', ARGV[1] .. session[1], 'roles', 'epoch', 'disabled')
  if not access[1] or access[3] == '1' or access[2] ~= session[5] then return false end
  return {session[1], session[2], session[3], session[4], session[7] or '0', redis.call('PTTL', key), access[1],
    tonumber(session[8] or '0') > now and session[8] or 0, session[9] or 0}
end

local reply = {now, redis.call('GET', KEYS[3]) or '', redis.call('HGETALL', KEYS[2])}
for i = 4, #KEYS do reply[i] = check(KEYS[i]) end
return reply
