-- Reads entries that nobody was given yet, without waiting for any, and takes them in hand in the same step.
-- KEYS[1] requests  [2] status
-- ARGV[1] group  [2] consumer  [3] how many at most  [4] prefix of the records' keys (same hash tag)
-- Reply: as claim.lua. Keeps: what claim.lua keeps; where the step fails half-way, its entries are in the consumer's
--   pending list, as after a reply that was lost.
local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
if not read then return '[]' end

local to = {requests = KEYS[1], status = KEYS[2], group = ARGV[1], consumer = ARGV[2], now = nowMs()}
local taken = {}
for i, delivery in ipairs(read[1][2]) do
  local id = delivery[2][2]
  taken[i] = takeInHand(to, ARGV[4] .. id, delivery[1], id, 1)
end
return cjson.encode(taken)
