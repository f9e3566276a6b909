-- Takes entries in hand that were delivered before: to a consumer that did not hear of it, or that is lost.
-- KEYS[1] requests  [2] status  [3…] the records' keys, in the order of their entries
-- ARGV[1] group  [2] consumer  then for each record: entry id, request id
-- Reply: JSON, for each record what `takeInHand` answers, false also where the entry is another's; one text, because a
--   client parses it faster than ten for each record.
-- Keeps: only the consumer that holds the entry gets the fence; an older holder's fence is void from here on.
local delivered = {}
for _, held in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[#ARGV - 1], 10000, ARGV[2])) do
  delivered[held[1]] = held[4]
end

local to = {requests = KEYS[1], status = KEYS[2], group = ARGV[1], consumer = ARGV[2], now = nowMs()}
local claimed = {}
for i = 3, #KEYS do
  local entry, id = ARGV[2 * i - 3], ARGV[2 * i - 2]
  claimed[i - 2] = delivered[entry] and takeInHand(to, KEYS[i], entry, id, delivered[entry]) or false
end
return cjson.encode(claimed)
