-- Gives a user a passkey, and recovery codes where they have none.
-- KEYS[1] user  KEYS[2] passkeys  KEYS[3] their uses  KEYS[4] recovery codes
-- ARGV[1] passkey id  ARGV[2] sealed passkey  ARGV[3] its signature counter  ARGV[4] passkeys a user may have
-- ARGV[5...] hashes of recovery codes
-- Reply: 1 added, 2 added with the recovery codes, 0 refused: no such user, known already, or too many.
-- Keeps: a passkey is never replaced by another of the same id, and the number of a user's passkeys is bounded.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then return 0 end

redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3] .. ' 0')
if redis.call('EXISTS', KEYS[4]) == 1 then return 1 end
redis.call('SADD', KEYS[4], unpack(ARGV, 5))
return 2
