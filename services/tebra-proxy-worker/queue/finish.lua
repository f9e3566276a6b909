-- Ends requests exactly once, with their events and their acknowledgements, in one step.
-- KEYS[1] requests  [2] status  [3] responses  [4] bytes  [5] open  [6…] the records, then the lists of dead letters
-- ARGV[1] group  [2] retention ms  [3] bytes of a result that still goes inline
--      [4] JSON, for each record: [id, fence, entry, status, sealed, error, meta, dead]; sealed, error (JSON) and meta
--      (JSON) are texts, '' for none; dead says which of KEYS lists the practice's dead letters, 0 where none is needed
-- Reply: JSON, for each: done | already (it has ended) | fenced (another has taken it over) | failed: and why
-- Keeps: only the holder of the current fence ends a request; a second call changes nothing. What is wrong with one
--   record's keys does not stop the others, who belong to other practices.
local keys = {status = KEYS[2], responses = KEYS[3], bytes = KEYS[4], open = KEYS[5]}
local now = nowMs()

local function finishOne(request, id, fence, entry, status, sealed, failure, meta, dead)
  local record = readRecord(request)
  if not record or ends[record.status] then
    acknowledge(KEYS[1], ARGV[1], entry, record and record.practiceQueue)
    return 'already'
  end
  if record.fence ~= fence then return 'fenced' end
  keys.dead = KEYS[dead]
  local ended = {status = status, sealed = sealed, error = failure, meta = meta}
  finish(keys, record, id, ended, now, ARGV[2], ARGV[3])
  acknowledge(KEYS[1], ARGV[1], entry, record.practiceQueue)
  return 'done'
end

local replies = {}
for i, ended in ipairs(cjson.decode(ARGV[4])) do
  local worked, reply = pcall(finishOne, KEYS[5 + i], unpack(ended))
  replies[i] = worked and reply or 'failed: ' .. (type(reply) == 'table' and reply.err or tostring(reply))
end
return cjson.encode(replies)
