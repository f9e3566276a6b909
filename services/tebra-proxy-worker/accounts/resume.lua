-- Lets a stopped account be called again.   KEYS[1] stops  [2] what is known of this stop   ARGV[1] account
-- Reply: 1, or 0 where it was not stopped
redis.call('DEL', KEYS[2])
return redis.call('ZREM', KEYS[1], ARGV[1])
