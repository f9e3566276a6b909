-- Reads the next members of an index by time, newest first and strictly after a position.
-- KEYS[1] sorted set: score ms, member id
-- ARGV[1] lowest score  [2] highest score  [3] how many  [4] the position's score, '' at the beginning  [5] its id
-- Reply: id, score, id, score, …
-- Keeps: members of one ms are told apart by their id, so none is shown twice or passed over, whatever arrives or goes.
local highest, skip = ARGV[2], 0
if ARGV[4] ~= '' then
  highest = ARGV[4]
  if redis.call('ZSCORE', KEYS[1], ARGV[5]) == highest then
    skip = redis.call('ZREVRANK', KEYS[1], ARGV[5]) - redis.call('ZCOUNT', KEYS[1], '(' .. highest, '+inf') + 1
  else
    -- The member of the position has gone; its place among those of its ms is where it would stand.
    for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], highest, highest)) do
      if id < ARGV[5] then break end
      skip = skip + 1
    end
  end
end
return redis.call('ZREVRANGEBYSCORE', KEYS[1], highest, ARGV[1], 'WITHSCORES', 'LIMIT', skip, ARGV[3])
