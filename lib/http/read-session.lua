-- Prelude of the scripts that check a session. Reads only.
-- `keys` names the session, the practice's epoch, its role table and its second-factor roles, and `accessPrefix` what
-- stands before a user's id in the name of what the guard reads of a user.
-- Answers nil, or {userId, aal, createdAt, absoluteExpiresAt, provedAt, idleExpiresAt, roles, now ms, second-factor
-- roles, emergencyUntil or 0, 1 where the password is a first one, role, permissions, ...}; none holds a line break.
-- Keeps: an ended, expired, outdated or disabled session is never answered as good.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function read_session(now, keys, accessPrefix)
  local session = redis.call('HMGET', keys[1], 'userId', 'aal', 'createdAt', 'absoluteExpiresAt', 'userEpoch', 'practiceEpoch',
    'provedAt', 'emergencyUntil', 'firstPassword')
  if not session[1] or now >= tonumber(session[4]) then return nil end

  local access = redis.call('HMGET', accessPrefix .. session[1], 'roles', 'epoch', 'disabled')
  if not access[1] or access[3] == '1' or access[2] ~= session[5] then return nil end
  if (redis.call('GET', keys[2]) or '0') ~= session[6] then return nil end

  local reply = {session[1], session[2], session[3], session[4], session[7] or '0', redis.call('PEXPIRETIME', keys[1]), access[1], now,
    redis.call('GET', keys[4]) or '', tonumber(session[8] or '0') > now and session[8] or 0, session[9] or 0}
  for _, value in ipairs(redis.call('HGETALL', keys[3])) do reply[#reply + 1] = value end
  return reply
end
