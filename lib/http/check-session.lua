-- Is this session good now, and what may its user do?
-- KEYS[1] session
-- ARGV[1] prefix of its practice's names
-- Reply: nil, or what read_session answers, one value a line: one string is read for less than many.
-- Keeps: reads only, so EVAL_RO serves.
local session = read_session(now_ms(), KEYS[1], ARGV[1])
return session and table.concat(session, '\n')
