-- Says that a worker lives, by Redis' clock, and forgets those that have been silent for too long.
-- KEYS[1] live workers  [2] this worker
-- ARGV[1] name  [2] ms since it started  [3] ms since it last came on  [4] in flight  [5] rss bytes
--      [6] ms of silence after which it counts as gone  [7] ms its figures outlive it
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = function(number) return string.format('%.0f', number) end
redis.call('HSET', KEYS[2], 'startedAt', text(now - ARGV[2]), 'lastProgressAt', text(now - ARGV[3]),
  'inFlight', ARGV[4], 'rssBytes', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('ZADD', KEYS[1], text(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - ARGV[6]))
return 1
