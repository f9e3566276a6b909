-- Puts another text in the place of one that was read, unless somebody else has changed it meanwhile.
-- KEYS  1 a hash
-- ARGV  1 the field  2 the text that was read  3 the text that takes its place
-- Reply 1 swapped, 0 left alone
-- Keeps: a change made between our read and this step is never lost, a deleted field does not come back.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
