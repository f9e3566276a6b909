-- Puts due requests back into the queue.
-- KEYS[1] delayed   ARGV[1] how many at most  [2] prefix of the records' keys (same hash tag)
-- Reply: how many were moved. Keeps: a request leaves the delayed set in the step that queues it.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  redis.call('ZREM', KEYS[1], id)
  local record = readRecord(ARGV[2] .. id)
  if record then enqueue(record, id) end
end
return #due
