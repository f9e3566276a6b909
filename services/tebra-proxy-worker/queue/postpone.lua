-- Puts a request aside until later: a retry, or a hand-back that burned no attempt.
-- KEYS[1] request  [2] requests  [3] status  [4] delayed
-- ARGV[1] id  [2] fence  [3] group  [4] entry  [5] delay ms  [6] reason  [7] attempts to give back (0 or 1)
--      [8] the intent that stays, '' for none: how the attempt came out is still to be found out
-- Reply: done | already | fenced
-- Keeps: at every moment a request that has not ended is either in the queue or in the delayed set.
local record = readRecord(KEYS[1])
if not record or ends[record.status] then
  acknowledge(KEYS[2], ARGV[3], ARGV[4], record and record.practiceQueue)
  return 'already'
end
if record.fence ~= ARGV[2] then return 'fenced' end
local now = nowMs()
if ARGV[7] == '1' and record.intent == 'sending' then record.attempts = record.attempts - 1 end
redis.call('ZADD', KEYS[4], now + ARGV[5], ARGV[1])
move(record, KEYS[3], ARGV[1], 'retrying', now, ARGV[6], 'attempts', record.attempts,
  'intent', ARGV[8])
acknowledge(KEYS[2], ARGV[3], ARGV[4], record.practiceQueue)
return 'done'
