-- Ends a request that no worker has taken up, as a success with an answer from the cache.
-- KEYS[1] request  [2] status  [3] responses  [4] bytes  [5] open
--      [6] practice's interactive line  [7] practice's bulk line
-- ARGV[1] id  [2] sealed result  [3] meta as JSON  [4] retention ms  [5] bytes of a result that still goes inline
-- Reply: done | too-late (a worker has it or had it, or it has ended)
-- Keeps: it leaves the practice's line, which would otherwise grow as long as nobody reads; an entry that is already
--   in the stream stays, at most the practice's share, and is acknowledged unworked by whoever claims it.
local record = readRecord(KEYS[1])
if not record or record.status ~= 'pending' or record.fence ~= '0' then return 'too-late' end
for i = 6, 7 do redis.call('LREM', KEYS[i], -1, ARGV[1]) end
local keys = {status = KEYS[2], responses = KEYS[3], bytes = KEYS[4], open = KEYS[5]}
finish(keys, record, ARGV[1], {status = 'success', sealed = ARGV[2], error = '', meta = ARGV[3]}, nowMs(), ARGV[4],
  ARGV[5])
return 'done'
