-- Checks sessions and, for each that is good, takes one request out of its own, its user's and its practice's bucket.
-- KEYS[i] session's bucket, named by the practice's prefix, the buckets' and the token's hash; those of its user and of its
--   practice have the same tag
-- ARGV[1] window ms  [2..4] requests that the buckets let pass in a window: session's, user's, practice's
--   [5] 1 to read the users' sealed addresses along, which auth-session alone may, or empty
--   [5 + i] user whose session it must be, or empty
-- Reply, for each: nil, an error, or one value a line: ms to wait, bucket, requests left, ms until it is full, sealed
--   address or empty, and what read_session answers
-- Keeps: who has no good session, or another's, takes nothing; a broken record is an error of its own request alone.
--   What is only read is no key: EVAL asks for the right to write each, and only auth-session may write sessions.
local window, with_address = tonumber(ARGV[1]), ARGV[5] == '1'
local quotas = {tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])}

local function admit(now, session_bucket, user)
  local practice = string.match(session_bucket, '^{p:[^}]*}:')
  local buckets, hash = string.sub(session_bucket, 1, -65), string.sub(session_bucket, -64)
  local session = read_session(now, practice .. 'session:' .. hash, practice)
  if not session or (user ~= '' and user ~= session[1]) then return false end

  local wait, at, left, fullIn = take(
    now, {session_bucket, buckets .. session[1], buckets .. 'practice'}, quotas, window)
  local address = with_address and redis.call('HGET', practice .. 'user:' .. session[1], 'email') or ''
  return table.concat({wait, at, left, fullIn, address, table.concat(session, '\n')}, '\n')
end

local now, replies = now_ms(), {}
for i = 1, #KEYS do
  local ok, reply = pcall(admit, now, KEYS[i], ARGV[5 + i])
  if not ok then
    -- What is raised is a text or a table of it, by Redis' version.
    local reason = type(reply) == 'table' and reply.err or reply
    if string.find(reason, '^user_script') then reason = 'ERR ' .. reason
    -- What else Redis refuses, as by READONLY or OOM, it refuses of all.
    elseif not string.find(reason, '^WRONGTYPE') then return redis.error_reply(reason) end
    reply = redis.error_reply(reason)
  end
  replies[i] = reply
end
return replies
