-- Makes a new session go on where another one of the same person was.
-- KEYS[1] session
-- ARGV[1] when the other one began  ARGV[2] its absolute expiry  ARGV[3] when its holder last proved a factor; all in ms
-- Reply: {createdAt, idleExpiresAt, absoluteExpiresAt}, or nil where there is no such session.
-- Keeps: changing the practice makes no session younger, longer or more freshly proved than it was.
local own = redis.call('HGET', KEYS[1], 'absoluteExpiresAt')
if not own then return nil end

local absolute = math.min(tonumber(own), tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'createdAt', ARGV[1], 'absoluteExpiresAt', absolute, 'provedAt', ARGV[3])
redis.call('PEXPIREAT', KEYS[1], absolute, 'LT')
return {tonumber(ARGV[1]), redis.call('PEXPIRETIME', KEYS[1]), absolute}
