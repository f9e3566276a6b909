-- Is this session good now, and what may its user do?
-- KEYS[1] session  KEYS[2] practice epoch  KEYS[3] practice's role table  KEYS[4] its second-factor roles
-- ARGV[1] prefix of the practice's access keys (same hash tag as the keys)
-- Reply: nil, or {userId, aal, createdAt, absoluteExpiresAt, provedAt, idle ms left, roles, now ms,
-- second-factor roles, emergencyUntil or 0, 1 where the password is a first one, role, permissions, ...}
-- Keeps: an ended, expired, outdated or disabled session is never answered as good; reads only, so EVAL_RO serves.
local session = redis.call('HMGET', KEYS[1], 'userId', 'aal', 'createdAt', 'absoluteExpiresAt', 'userEpoch', 'practiceEpoch',
  'provedAt', 'emergencyUntil', 'firstPassword')
if not session[1] then return nil end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now >= tonumber(session[4]) then return nil end

local access = redis.call('HMGET', ARGV[1] .. session[1], 'roles', 'epoch', 'disabled')
if not access[1] or access[3] == '1' or access[2] ~= session[5] then return nil end
if (redis.call('GET', KEYS[2]) or '0') ~= session[6] then return nil end

local reply = {session[1], session[2], session[3], session[4], session[7] or '0', redis.call('PTTL', KEYS[1]), access[1], now,
  redis.call('GET', KEYS[4]) or '', tonumber(session[8] or '0') > now and session[8] or 0, session[9] or 0}
for _, value in ipairs(redis.call('HGETALL', KEYS[3])) do reply[#reply + 1] = value end
return reply
