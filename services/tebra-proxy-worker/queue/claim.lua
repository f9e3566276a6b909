-- Takes delivered entries in hand: each record gets a new fence and the status processing.
-- KEYS[1] requests  [2] status  [3…] the records' keys, in the order of their entries
-- ARGV[1] group  [2] consumer  then for each record: entry id, request id
-- Reply: JSON, for each record false where there is nothing to do (ended, gone, or another's entry), else
--   [fence, times delivered, intent before, attempts, action, practiceId, userId, correlationId, submittedAt, params];
--   one text, because a client parses it faster than ten for each record.
-- Keeps: only the consumer that holds the entry gets the fence; an older holder's fence is void from here on.
local now = nowMs()
local delivered = {}
for _, held in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[#ARGV - 1], 10000, ARGV[2])) do
  delivered[held[1]] = held[4]
end

local claimed = {}
for i = 3, #KEYS do
  local entry, id = ARGV[2 * i - 3], ARGV[2 * i - 2]
  claimed[i - 2] = false
  if delivered[entry] then
    local record = readRecord(KEYS[i])
    if not record or ends[record.status] then
      acknowledge(KEYS[1], ARGV[1], entry, record and record.practiceQueue)
    else
      local fence = record.fence + 1
      local rest = redis.call('HMGET', KEYS[i], 'startedAt', 'params')
      move(record, KEYS[2], id, 'processing', now, '', 'fence', fence, 'owner', ARGV[2], 'startedAt', rest[1] or now)
      claimed[i - 2] = {fence, delivered[entry], record.intent, record.attempts, record.action, record.practiceId,
        record.userId, record.correlationId, record.submittedAt, rest[2]}
    end
  end
end
return cjson.encode(claimed)
