-- Renews a flight's lease, or with 0 ms ends it; only for its owner.
-- KEYS[1] flight   ARGV[1] owner  [2] ms   Reply: 1, or 0 where it is not (or no longer) the owner's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
