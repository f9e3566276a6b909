-- Puts due requests back into the queue.
-- KEYS[1] delayed  [2] leader's lock, where only the leader may
-- ARGV[1] how many at most  [2] prefix of the records' keys (same hash tag)  [3] leader's fence
-- Reply: how many were moved. Keeps: a request leaves the delayed set in the step that queues it; a leader that was
--   stopped and wakes up moves nothing.
if KEYS[2] and redis.call('HGET', KEYS[2], 'fence') ~= ARGV[3] then return 0 end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  redis.call('ZREM', KEYS[1], id)
  local record = readRecord(ARGV[2] .. id)
  if record then enqueue(record, id) end
end
return #due
