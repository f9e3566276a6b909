-- Trims the log up to an entry.
-- KEYS[1] head (hash: cpSeq, base, baseMac)  KEYS[2] log  KEYS[3] lease (hash: fence)
-- ARGV[1] fence that is held  ARGV[2] seq of the last entry that goes
-- Reply: how many entries went, or -1 where the lease has passed on.
-- Keeps: nothing goes that no checkpoint covers, and the head says with which mac the rest of the chain begins.
if redis.call('HGET', KEYS[3], 'fence') ~= ARGV[1] then return -1 end
local last = tonumber(ARGV[2])
if last > tonumber(redis.call('HGET', KEYS[1], 'cpSeq') or '0') then return 0 end
local id = '0-' .. ARGV[2]
local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
if not entry then return 0 end
redis.call('HSET', KEYS[1], 'base', ARGV[2], 'baseMac', entry[2][2])
return redis.call('XTRIM', KEYS[2], 'MINID', '=', '0-' .. (last + 1))
