-- Keeps the answer of a flight, ends the flight, and holds the practice to its bytes.
-- KEYS[1] entry  [2] flight  [3] generation  [4] practice's entries by their end  [5] their bytes, and `total`
-- ARGV[1] owner  [2] generation when it was asked  [3] ms when it was asked  [4] sealed answer  [5] ms it is kept
--      [6] practice's bytes at most  [7] ms that [4] and [5] outlive every entry
-- Reply: kept | lost (the flight is no longer ours) | changed (a write came in between)
-- Keeps: an answer that was asked for before a write is never kept after it. Entries that are put out for room are
--   not among KEYS: their names come from [4] and carry the same hash tag.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'lost' end
redis.call('DEL', KEYS[2])
if (redis.call('GET', KEYS[3]) or '0') ~= ARGV[2] then return 'changed' end

local function forget(entry)
  local bytes = redis.call('HGET', KEYS[5], entry)
  if not bytes then return end
  redis.call('ZREM', KEYS[4], entry)
  redis.call('HDEL', KEYS[5], entry)
  redis.call('HINCRBY', KEYS[5], 'total', -bytes)
end

local now = nowMs()
forget(KEYS[1])
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 100)) do forget(ended) end
while tonumber(redis.call('HGET', KEYS[5], 'total') or '0') + #ARGV[4] > tonumber(ARGV[6]) do
  local first = redis.call('ZRANGE', KEYS[4], 0, 0)[1]
  if not first then break end
  redis.call('DEL', first)
  forget(first)
end

redis.call('HSET', KEYS[1], 'sealed', ARGV[4], 'storedAt', now, 'askedAt', ARGV[3], 'generation', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[4], now + ARGV[5], KEYS[1])
redis.call('HSET', KEYS[5], KEYS[1], #ARGV[4])
redis.call('HINCRBY', KEYS[5], 'total', #ARGV[4])
redis.call('PEXPIRE', KEYS[4], ARGV[7])
redis.call('PEXPIRE', KEYS[5], ARGV[7])
return 'kept'
