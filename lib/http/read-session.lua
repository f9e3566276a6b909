-- Prelude of the scripts that check a session. Reads only.
-- `key` names the session, and `practice` is what stands before the practice's other names: its epoch, role table and
-- second-factor roles, and what is read of a user.
-- Answers nil, or {userId, aal, createdAt, absoluteExpiresAt, provedAt, idleExpiresAt, roles, now ms, second-factor
-- roles, emergencyUntil or 0, 1 where the password is a first one, role, permissions, ...}; none holds a line break.
-- Keeps: an ended, expired, outdated or disabled session is never answered as good.
local function read_session(now, key, practice)
  local session = redis.call('HMGET', key, 'userId', 'aal', 'createdAt', 'absoluteExpiresAt', 'userEpoch', 'practiceEpoch',
    'provedAt', 'emergencyUntil', 'firstPassword')
  if not session[1] or now >= tonumber(session[4]) then return nil end

  local access = redis.call('HMGET', practice .. 'access:' .. session[1], 'roles', 'epoch', 'disabled')
  if not access[1] or access[3] == '1' or access[2] ~= session[5] then return nil end
  local epoch, second_factor_roles = unpack(redis.call('MGET', practice .. 'epoch', practice .. 'second-factor-roles'))
  if (epoch or '0') ~= session[6] then return nil end

  local reply = {session[1], session[2], session[3], session[4], session[7] or '0', redis.call('PEXPIRETIME', key), access[1],
    math.floor(now), second_factor_roles or '', tonumber(session[8] or '0') > now and session[8] or 0, session[9] or 0}
  for _, value in ipairs(redis.call('HGETALL', practice .. 'roles')) do reply[#reply + 1] = value end
  return reply
end
