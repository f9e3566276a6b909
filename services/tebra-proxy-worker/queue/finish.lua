-- Ends requests exactly once, with their events and their acknowledgements, in one step.
-- KEYS[1] requests  [2] status  [3] responses  [4] bytes  [5] open  then for each: record, practice's dead letters
-- ARGV[1] group  [2] retention ms  [3] bytes of a result that still goes inline
--      then for each: id, fence, entry, end status, sealed result or '', error as JSON or '', meta as JSON or ''
-- Reply, for each: done | already (it has ended) | fenced (another has taken it over)
-- Keeps: only the holder of the current fence ends a request; a second call changes nothing.
local keys = {status = KEYS[2], responses = KEYS[3], bytes = KEYS[4], open = KEYS[5]}
local now = nowMs()
local replies = {}
for i = 6, #KEYS, 2 do
  local n = (i - 4) / 2
  local at = 7 * n - 3
  local id, fence, entry = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local record = redis.call('HMGET', KEYS[i], 'status', 'fence')
  if not record[1] or ends[record[1]] then
    acknowledge(KEYS[1], ARGV[1], entry, KEYS[i])
    replies[n] = 'already'
  elseif record[2] ~= fence then
    replies[n] = 'fenced'
  else
    keys.request, keys.dead = KEYS[i], KEYS[i + 1]
    finish(keys, id, ARGV[at + 3], now, ARGV[at + 4], ARGV[at + 5], ARGV[2], ARGV[3], ARGV[at + 6])
    acknowledge(KEYS[1], ARGV[1], entry, KEYS[i])
    replies[n] = 'done'
  end
end
return replies
