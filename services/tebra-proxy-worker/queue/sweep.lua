-- Looks whether requests that have been open for long are anywhere, and puts back those that are nowhere.
-- KEYS[1] requests  [2] open  [3] delayed  [4] status  [5] leader's lock  [6] held practices
-- ARGV[1] leader's fence  [2] prefix of the records' keys  [3] ms a request is left alone, first when it is new and
--      again when it is missed  [4] how many to pass over  [5] how many to look at
-- Reply: {where to go on, 0 after the last, or -1 where the caller does not lead any more; ids put back; missed now}
-- Keeps: an open request is in the stream, in its line, delayed, or parked behind its lane's head. What is put back
--   keeps its intent, so that a write is looked for before it is sent; a worker that still had it in hand has lost the
--   lease meanwhile, and its fence is void. What has ended never comes back. A practice's places are counted anew, for
--   the entry that was lost had one.
if redis.call('HGET', KEYS[5], 'fence') ~= ARGV[1] then return {-1, {}, 0} end
local now, patience = nowMs(), tonumber(ARGV[3])
local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - patience, 'LIMIT', ARGV[4], ARGV[5])
if #ids == 0 then return {0, {}, 0} end

local found, places, seen = {}, {}, {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local id = entry[2][2]
  local line = entry[2][4] or redis.call('HGET', ARGV[2] .. id, 'practiceQueue')
  found[id] = true
  if line then places[line] = (places[line] or 0) + 1 end
end

local function lookThrough(list)
  if seen[list] then return end
  seen[list] = true
  for _, id in ipairs(redis.call('LRANGE', list, 0, -1)) do found[id] = true end
end

local function isParked(record, id)
  return record.parked and redis.call('LINDEX', record.lane, 0) ~= id
end

local back, missed = {}, 0
for _, id in ipairs(ids) do
  local record = not found[id] and readRecord(ARGV[2] .. id)
  if record == nil or (record and ends[record.status]) then
    redis.call('ZREM', KEYS[2], id)
  elseif record then
    lookThrough(record.practiceQueue .. ':' .. record.priority)
    local line = record.practiceQueue
    if not seen[line] then
      seen[line] = true
      -- Whoever lets held lines go on looks there, also after a practice has moved to another partition.
      if redis.call('HEXISTS', line, 'held') == 1 then redis.call('SADD', KEYS[6], record.practiceId) end
      fill(KEYS[1], line, places[line] or 0)
    end
    if not (found[id] or isParked(record, id) or redis.call('ZSCORE', KEYS[3], id)) then
      local since = redis.call('HGET', record.key, 'missedAt')
      if not since then
        redis.call('HSET', record.key, 'missedAt', now)
        missed = missed + 1
      elseif now - since >= patience then
        redis.call('HDEL', record.key, 'missedAt', 'parked')
        move(record, KEYS[4], id, 'retrying', now, 'put-back', 'fence', record.fence + 1)
        enqueue(record, id)
        back[#back + 1] = id
      end
    end
  end
end
return {#ids < tonumber(ARGV[5]) and 0 or ARGV[4] + #ids, back, missed}
