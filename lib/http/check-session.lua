-- Is this session good now, and what may its user do?
-- KEYS[1] session  KEYS[2] practice epoch  KEYS[3] practice's role table  KEYS[4] its second-factor roles
-- ARGV[1] prefix of its practice's names
-- Reply: nil, or what read_session answers, one value a line: one string is read for less than many.
-- Keeps: reads only, so EVAL_RO serves; while a slot moves Redis refuses it, since keys are told that may be elsewhere.
local session = read_session(now_ms(), KEYS[1], ARGV[1])
return session and table.concat(session, '\n')
