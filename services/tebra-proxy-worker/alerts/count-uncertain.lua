-- Counts a practice's dead letters of which nobody knows whether they were written.
-- KEYS[1] practice's dead letters   ARGV[1] prefix of the records' keys (same hash tag)  [2] how many are looked at
-- Reply: {uncertain among the newest, how many older ones were not looked at}
local uncertain = 0
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, ARGV[2] - 1)) do
  if redis.call('HGET', ARGV[1] .. id, 'status') == 'uncertain' then uncertain = uncertain + 1 end
end
return {uncertain, math.max(0, redis.call('ZCARD', KEYS[1]) - ARGV[2])}
