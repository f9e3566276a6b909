-- Makes a dead letter a pending request again, with all its attempts before it.
-- KEYS[1] request  [2] requests  [3] status  [4] practice's dead letters  [5] bytes  [6] open
-- ARGV[1] id  [2] sealed params, '' to keep what was sent
-- Reply: done | not-dead
local record = redis.call('HMGET', KEYS[1], 'status', 'bytes')
if record[1] ~= 'dead' and record[1] ~= 'uncertain' then return 'not-dead' end
local now = nowMs()
redis.call('HSET', KEYS[1], 'attempts', 0, 'intent', '', 'error', '')
redis.call('HDEL', KEYS[1], 'endedAt', 'durationMs')
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'params', ARGV[2]) end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('INCRBY', KEYS[5], record[2])
redis.call('ZADD', KEYS[6], now, ARGV[1])
joinQueue(KEYS[1], ARGV[1])
note(KEYS[1], KEYS[3], ARGV[1], 'pending', now, 'requeued')
return 'done'
