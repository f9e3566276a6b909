-- Moves a session's idle expiry on after activity.
-- KEYS[1] session
-- ARGV[1] when the activity was, in ms; a time to come counts as now  ARGV[2] idle ms
-- Reply: when the session now expires, in ms, or 0 where there is none.
-- Keeps: an ended session stays ended, no expiry gets shorter, none passes the absolute one.
local absolute = redis.call('HGET', KEYS[1], 'absoluteExpiresAt')
if not absolute then return 0 end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle = math.min(tonumber(ARGV[1]), now) + tonumber(ARGV[2])
redis.call('PEXPIREAT', KEYS[1], math.min(idle, tonumber(absolute)), 'GT')
return redis.call('PEXPIRETIME', KEYS[1])
