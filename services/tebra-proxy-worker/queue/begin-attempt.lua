-- Writes down, before the upstream is called, that it will be: from here on a write may have happened.
-- KEYS[1…] the records' keys   ARGV[1…] their fences
-- Reply: numbers in one text, for each that of this attempt, or 0 when it is no longer ours or has ended (cancelled).
local begun = {}
for i, request in ipairs(KEYS) do
  local record = redis.call('HMGET', request, 'status', 'fence', 'attempts')
  begun[i] = 0
  if record[1] == 'processing' and record[2] == ARGV[i] then
    begun[i] = record[3] + 1
    redis.call('HSET', request, 'intent', 'sending', 'attempts', begun[i])
  end
end
return table.concat(begun, ' ')
