-- Moves a session's idle expiry on after activity.
-- KEYS[1] session  KEYS[2] practice's session limits
-- ARGV[1] when the activity was, in ms; a time to come counts as now  ARGV[2] idle ms  ARGV[3] absolute ms
-- Reply: when the session now expires, in ms, or 0 where there is none.
-- Keeps: an ended session stays ended, an older activity takes nothing from a newer one, no expiry passes the
-- absolute one, and what the practice shortened meanwhile counts from here on.
local session = redis.call('HMGET', KEYS[1], 'createdAt', 'absoluteExpiresAt', 'activeAt')
if not session[2] then return 0 end

local active = math.max(math.min(tonumber(ARGV[1]), now), tonumber(session[3] or '0'))
local idle, absolute = expiries(KEYS[2], tonumber(session[1]), active, ARGV[2], ARGV[3])
absolute = math.min(absolute, tonumber(session[2]))
redis.call('HSET', KEYS[1], 'activeAt', active, 'absoluteExpiresAt', absolute)
redis.call('PEXPIREAT', KEYS[1], math.min(idle, absolute))
return math.max(redis.call('PEXPIRETIME', KEYS[1]), 0)
