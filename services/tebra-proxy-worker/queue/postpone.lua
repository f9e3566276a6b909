-- Puts a request aside until later: a retry, or a hand-back that burned no attempt.
-- KEYS[1] request  [2] requests  [3] status  [4] delayed
-- ARGV[1] id  [2] fence  [3] group  [4] entry  [5] delay ms  [6] reason  [7] attempts to give back (0 or 1)
--      [8] 1 to keep the intent: how the attempt came out is still to be found out
-- Reply: done | already | fenced
-- Keeps: at every moment a request that has not ended is either in the queue or in the delayed set.
local record = redis.call('HMGET', KEYS[1], 'status', 'fence', 'intent')
if not record[1] or ends[record[1]] then
  acknowledge(KEYS[2], ARGV[3], ARGV[4], KEYS[1])
  return 'already'
end
if record[2] ~= ARGV[2] then return 'fenced' end
local now = nowMs()
if ARGV[7] == '1' and record[3] == 'sending' then redis.call('HINCRBY', KEYS[1], 'attempts', -1) end
if ARGV[8] ~= '1' then redis.call('HSET', KEYS[1], 'intent', '') end
redis.call('ZADD', KEYS[4], now + ARGV[5], ARGV[1])
note(KEYS[1], KEYS[3], ARGV[1], 'retrying', now, ARGV[6])
acknowledge(KEYS[2], ARGV[3], ARGV[4], KEYS[1])
return 'done'
