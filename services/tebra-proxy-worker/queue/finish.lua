-- Ends a request exactly once, with its events and its acknowledgement, in one step.
-- KEYS[1] request  [2] requests  [3] status  [4] responses  [5] bytes  [6] open  [7] practice's dead letters
-- ARGV[1] id  [2] fence  [3] group  [4] entry  [5] end status  [6] sealed result or ''  [7] error as JSON or ''
--      [8] retention ms  [9] bytes of a result that still goes inline
-- Reply: done | already (it has ended) | fenced (another has taken it over)
-- Keeps: only the holder of the current fence ends a request; a second call changes nothing.
local record = redis.call('HMGET', KEYS[1], 'status', 'fence')
if not record[1] or ends[record[1]] then
  acknowledge(KEYS[2], ARGV[3], ARGV[4])
  return 'already'
end
if record[2] ~= ARGV[2] then return 'fenced' end
local keys = {request = KEYS[1], status = KEYS[3], responses = KEYS[4], bytes = KEYS[5], open = KEYS[6], dead = KEYS[7]}
finish(keys, ARGV[1], ARGV[5], nowMs(), ARGV[6], ARGV[7], ARGV[8], ARGV[9])
acknowledge(KEYS[2], ARGV[3], ARGV[4])
return 'done'
