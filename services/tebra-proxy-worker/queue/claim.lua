-- Takes delivered entries in hand: each record gets a new fence and the status processing.
-- KEYS[1] requests  [2] status  [3…] the records' keys
-- ARGV[1] group  [2] consumer  then for each record: entry id, request id
-- Reply, for each record: nil where there is nothing to do (ended, gone, or another's entry), else
--   {fence, times delivered, intent before, attempts, action, practiceId, userId, correlationId, submittedAt, params}
-- Keeps: only the consumer that holds the entry gets the fence; an older holder's fence is void from here on.
local now = nowMs()
local claimed = {}
for i = 3, #KEYS do
  local entry, id = ARGV[2 * i - 3], ARGV[2 * i - 2]
  claimed[i - 2] = false
  local holder = redis.call('XPENDING', KEYS[1], ARGV[1], entry, entry, 1)[1]
  if holder and holder[2] == ARGV[2] then
    local record = redis.call('HMGET', KEYS[i], 'status', 'intent', 'attempts', 'action', 'practiceId', 'userId',
      'correlationId', 'submittedAt', 'params', 'startedAt')
    if not record[1] or ends[record[1]] then
      acknowledge(KEYS[1], ARGV[1], entry, KEYS[i])
    else
      local fence = redis.call('HINCRBY', KEYS[i], 'fence', 1)
      redis.call('HSET', KEYS[i], 'owner', ARGV[2], 'startedAt', record[10] or now)
      note(KEYS[i], KEYS[2], id, 'processing', now, '')
      claimed[i - 2] = {fence, holder[4], unpack(record, 2, 9)}
    end
  end
end
return claimed
