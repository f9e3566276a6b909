-- Ends a request as cancelled where its upstream call has not begun: waiting, delayed, parked, or claimed and unsent.
-- KEYS[1] request  [2] delayed  [3] status  [4] responses  [5] bytes  [6] open
-- ARGV[1] id  [2] error as JSON  [3] retention ms
-- Reply: done | started (the call has begun) | ended | missing
-- Keeps: what is cancelled is never sent, for a worker that holds it cannot begin an attempt any more. Its queue
-- entry stays and is acknowledged unworked by whoever has it or claims it next.
local record = readRecord(KEYS[1])
if not record then return 'missing' end
if ends[record.status] then return 'ended' end
if record.intent ~= '' then return 'started' end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('LREM', record.practiceQueue .. ':' .. record.priority, 1, ARGV[1])
local keys = {status = KEYS[3], responses = KEYS[4], bytes = KEYS[5], open = KEYS[6]}
finish(keys, record, ARGV[1], {status = 'cancelled', sealed = '', error = ARGV[2], meta = ''}, nowMs(), ARGV[3], 0)
return 'done'
