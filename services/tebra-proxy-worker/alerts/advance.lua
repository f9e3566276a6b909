-- Remembers up to where a sink has been told; nobody goes back.
-- KEYS[1] cursors  [2] the watch's lock   ARGV[1] sink  [2] id of the last alert told  [3] the watch's fence
-- Reply: 1, or 0 where the caller does not watch any more
if redis.call('HGET', KEYS[2], 'fence') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
