-- Makes due requests queue entries again.
-- KEYS[1] delayed  [2] requests   ARGV[1] how many at most
-- Reply: how many were moved. Keeps: a request leaves the delayed set in the step that queues it.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
  redis.call('XADD', KEYS[2], '*', 'id', id)
  redis.call('ZREM', KEYS[1], id)
end
return #due
