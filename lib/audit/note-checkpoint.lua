-- Notes in the head that a checkpoint stands in the sink.
-- KEYS[1] head (hash: cp, cpSeq, cpMac, cpDigest, cpAt)  KEYS[2] lease (hash: fence)
-- ARGV[1] fence that is held  ARGV[2] number  ARGV[3] seq  ARGV[4] mac  ARGV[5] SHA-256 of its text  ARGV[6] ms since the epoch
-- Reply: 1, or 0 where the lease has passed on or this is not the next number.
-- Keeps: the noted number only grows, one at a time.
if redis.call('HGET', KEYS[2], 'fence') ~= ARGV[1] then return 0 end
if tonumber(redis.call('HGET', KEYS[1], 'cp') or '0') + 1 ~= tonumber(ARGV[2]) then return 0 end
redis.call(
  'HSET', KEYS[1], 'cp', ARGV[2], 'cpSeq', ARGV[3], 'cpMac', ARGV[4], 'cpDigest', ARGV[5], 'cpAt', ARGV[6])
return 1
