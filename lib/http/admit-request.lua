-- Checks a session and, where it is good, takes one request out of its own, its user's and its practice's bucket.
-- KEYS[1] session's bucket  KEYS[2] practice's bucket; the one of the user, whom the session names, has the same tag.
-- ARGV[1..4] names of the session, the practice's epoch, its role table and its second-factor roles  [5] prefix of its
--   access keys  [6] user whose session it must be, or empty  [7] prefix of the users' buckets
--   [8] prefix of the users' records, to read the sealed address along, or empty
--   [9] window ms  [10..12] requests that the buckets let pass in a window: session's, user's, practice's
-- Reply: nil, or one value a line: ms to wait, bucket, requests left, ms until it is full, sealed address or empty, and
--   what read_session answers
-- Keeps: who has no good session, or another's, takes nothing. What is only read is no key: EVAL asks for the right to
--   write each, and only auth-session may write sessions.
local session = read_session(now_ms(), ARGV, ARGV[5])
if not session or (ARGV[6] ~= '' and ARGV[6] ~= session[1]) then return nil end

local wait, at, left, fullIn = take(
  {KEYS[1], ARGV[7] .. session[1], KEYS[2]}, {tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])}, tonumber(ARGV[9]))
local address = ARGV[8] ~= '' and redis.call('HGET', ARGV[8] .. session[1], 'email') or ''
return table.concat({wait, at, left, fullIn, address, table.concat(session, '\n')}, '\n')
