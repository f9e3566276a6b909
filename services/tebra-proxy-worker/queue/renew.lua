-- Renews the lease of entries that are still worked on, without counting a delivery.
-- KEYS[1] requests  [2…] the records' keys   ARGV[1] group  [2] consumer  then for each record: entry id, fence
-- Reply: for each record 1 (renewed) or 0 (taken over, or its entry was deleted: stop working on it).
local renewed = {}
for i = 2, #KEYS do
  local entry, fence = ARGV[2 * i - 1], ARGV[2 * i]
  local record = redis.call('HMGET', KEYS[i], 'fence', 'status')
  if record[1] == fence then
    -- One that has just ended has no entry any more, and nothing to stop either.
    local kept = #redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, entry, 'JUSTID')
    renewed[i - 1] = ends[record[2]] and 1 or kept
  else
    renewed[i - 1] = 0
  end
end
return renewed
