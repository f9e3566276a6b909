-- Deletes consumers that have nothing in hand and have been silent for long: those of processes that were killed.
-- KEYS[1] requests  [2] leader's lock   ARGV[1] group  [2] leader's fence  [3] ms of silence
-- Reply: how many. Keeps: entries of a consumer are never thrown away with it; a worker that was only stopped is made
--   a consumer again by its next read.
if redis.call('HGET', KEYS[2], 'fence') ~= ARGV[2] then return 0 end
local gone = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local name, pending, idle = consumer[2], consumer[4], consumer[6]
  if pending == 0 and idle >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
    gone = gone + 1
  end
end
return gone
