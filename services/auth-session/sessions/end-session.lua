-- Ends a session and tells whoever holds a stream open for it.
-- KEYS[1] session
-- ARGV[1] token hash  ARGV[2] prefix of the users' session indexes (same hash tag)  ARGV[3] channel  ARGV[4] practice id
-- Reply: the id of the user whose session it was, nil where there was none.
-- Keeps: once this has answered, no check finds the session good; its end is published once.
local userId = redis.call('HGET', KEYS[1], 'userId')
if not userId then return nil end

redis.call('DEL', KEYS[1])
redis.call('ZREM', ARGV[2] .. userId, ARGV[1])
redis.call('PUBLISH', ARGV[3], cjson.encode({practiceId = ARGV[4], tokenHash = ARGV[1]}))
return userId
