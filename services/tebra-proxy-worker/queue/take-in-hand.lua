-- Shared by the scripts that hand entries to a worker.

-- Takes a delivered entry in hand: its record gets a new fence and the status processing. Answers what the worker must
-- know, or false where there is nothing to do: the entry of a request that has ended or is gone is acknowledged.
-- to: requests, status, group, consumer, now.
local function takeInHand(to, request, entry, id, delivered)
  local record = readRecord(request)
  if not record or ends[record.status] then
    acknowledge(to.requests, to.group, entry, record and record.practiceQueue)
    return false
  end
  local fence = record.fence + 1
  local rest = redis.call('HMGET', request, 'startedAt', 'params')
  move(record, to.status, id, 'processing', to.now, '', 'fence', fence, 'owner', to.consumer,
    'startedAt', rest[1] or to.now)
  return {entry, id, fence, delivered, record.intent, record.attempts, record.action, record.practiceId, record.userId,
    record.correlationId, record.submittedAt, rest[2]}
end
