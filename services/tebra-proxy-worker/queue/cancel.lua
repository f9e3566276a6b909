-- Ends a request as cancelled where its upstream call has not begun.
-- KEYS[1] request  [2] delayed  [3] status  [4] responses  [5] bytes  [6] open  [7] practice's dead letters
-- ARGV[1] id  [2] error as JSON  [3] retention ms
-- Reply: done | started (the call has begun) | ended | missing
-- Keeps: the queue entry stays and is acknowledged unworked by whoever claims it next.
local record = redis.call('HMGET', KEYS[1], 'status', 'intent')
if not record[1] then return 'missing' end
if ends[record[1]] then return 'ended' end
if record[2] == 'sending' then return 'started' end
redis.call('ZREM', KEYS[2], ARGV[1])
local keys = {request = KEYS[1], status = KEYS[3], responses = KEYS[4], bytes = KEYS[5], open = KEYS[6], dead = KEYS[7]}
finish(keys, ARGV[1], 'cancelled', nowMs(), '', ARGV[2], ARGV[3], 0)
return 'done'
