-- Ends a request as cancelled where its upstream call has not begun: waiting, delayed, parked, or claimed and unsent.
-- KEYS[1] request  [2] delayed  [3] status  [4] responses  [5] bytes  [6] open  [7] practice's dead letters
-- ARGV[1] id  [2] error as JSON  [3] retention ms
-- Reply: done | started (the call has begun) | ended | missing
-- Keeps: what is cancelled is never sent, for a worker that holds it cannot begin an attempt any more. Its queue
-- entry stays and is acknowledged unworked by whoever has it or claims it next.
local record = redis.call('HMGET', KEYS[1], 'status', 'intent', 'practiceQueue', 'priority')
if not record[1] then return 'missing' end
if ends[record[1]] then return 'ended' end
if record[2] == 'sending' then return 'started' end
redis.call('ZREM', KEYS[2], ARGV[1])
if record[3] and record[4] then redis.call('LREM', record[3] .. ':' .. record[4], 1, ARGV[1]) end
local keys = {request = KEYS[1], status = KEYS[3], responses = KEYS[4], bytes = KEYS[5], open = KEYS[6], dead = KEYS[7]}
finish(keys, ARGV[1], 'cancelled', nowMs(), '', ARGV[2], ARGV[3], 0)
return 'done'
