-- Gives a request back to its practice's line and holds the line: the account's credentials are refused.
-- KEYS[1] request  [2] requests  [3] status  [4] held practices
-- ARGV[1] id  [2] fence  [3] group  [4] entry  [5] 1 to keep the intent: how an earlier attempt came out is still to be
--      found out
-- Reply: done | already | fenced
-- Keeps: no attempt is burned; the line keeps its order, for ids grow with time; another practice's is not touched.
local record = readRecord(KEYS[1])
if not record or ends[record.status] then
  acknowledge(KEYS[2], ARGV[3], ARGV[4], record and record.practiceQueue)
  return 'already'
end
if record.fence ~= ARGV[2] then return 'fenced' end
local unsettled = ARGV[5] == '1'
if record.intent == 'sending' and not unsettled then record.attempts = record.attempts - 1 end
redis.call('HSET', record.practiceQueue, 'held', 1)
redis.call('SADD', KEYS[4], record.practiceId)

local list, later = record.practiceQueue .. ':' .. record.priority, nil
for _, waiting in ipairs(redis.call('LRANGE', list, 0, 99)) do
  if waiting > ARGV[1] then later = waiting break end
end
if later then redis.call('LINSERT', list, 'BEFORE', later, ARGV[1]) else redis.call('RPUSH', list, ARGV[1]) end
move(record, KEYS[3], ARGV[1], 'retrying', nowMs(), 'credentials-refused', 'attempts', record.attempts,
  'intent', unsettled and record.intent or '')
acknowledge(KEYS[2], ARGV[3], ARGV[4], record.practiceQueue)
return 'done'
