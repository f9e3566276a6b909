-- Ends a session and tells whoever holds a stream open for it.
-- KEYS[1] session
-- ARGV[1] token hash  ARGV[2] prefix of the users' session indexes (same hash tag)  ARGV[3] of their access
-- ARGV[4] channel  ARGV[5] practice id
-- Reply: nil where there was none, else {user id, id of the emergency access it had, or empty}.
-- Keeps: once this has answered, no check finds the session good; its end is published once.
local session = redis.call('HMGET', KEYS[1], 'userId', 'emergency')
if not session[1] then return nil end

redis.call('DEL', KEYS[1])
redis.call('ZREM', ARGV[2] .. session[1], ARGV[1])
local access = ARGV[3] .. session[1]
if session[2] and redis.call('HGET', access, 'emergency') == session[2] then
  redis.call('HDEL', access, 'emergency', 'emergencyUntil')
end
redis.call('PUBLISH', ARGV[4], cjson.encode({practiceId = ARGV[5], tokenHash = ARGV[1]}))
return {session[1], session[2] or ''}
