-- Checks a session and, where it is good, takes one request out of its own, its user's and its practice's bucket.
-- KEYS[1] session's bucket, named by the buckets' prefix and the token's hash  KEYS[2] practice's bucket; the one of the
--   user, whom the session names, has the same tag
-- ARGV[1] prefix of the practice's names  [2] user whose session it must be, or empty  [3] 1 to read the user's sealed
--   address along, which auth-session alone may, or empty  [4] window ms  [5..7] requests that the buckets let pass in a
--   window: session's, user's, practice's
-- Reply: nil, or one value a line: ms to wait, bucket, requests left, ms until it is full, sealed address or empty, and
--   what read_session answers
-- Keeps: who has no good session, or another's, takes nothing. What is only read is no key: EVAL asks for the right to
--   write each, and only auth-session may write sessions. While a slot moves Redis refuses two keys of which one is away.
local prefix, hash = string.sub(KEYS[1], 1, -65), string.sub(KEYS[1], -64)
local now = now_ms()
local session = read_session(now, ARGV[1] .. 'session:' .. hash, ARGV[1])
if not session or (ARGV[2] ~= '' and ARGV[2] ~= session[1]) then return nil end

local wait, at, left, fullIn = take(
  now, {KEYS[1], prefix .. session[1], KEYS[2]}, {tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])}, tonumber(ARGV[4]))
local address = ARGV[3] == '1' and redis.call('HGET', ARGV[1] .. 'user:' .. session[1], 'email') or ''
return table.concat({wait, at, left, fullIn, address, table.concat(session, '\n')}, '\n')
