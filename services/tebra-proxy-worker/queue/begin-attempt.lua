-- Writes down, before the upstream is called, that it will be: from here on a write may have happened.
-- KEYS[1] request   ARGV[1] fence
-- Reply: the number of this attempt, or 0 when the request is no longer ours or has ended (cancelled).
local record = redis.call('HMGET', KEYS[1], 'status', 'fence')
if record[1] ~= 'processing' or record[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'intent', 'sending')
return redis.call('HINCRBY', KEYS[1], 'attempts', 1)
