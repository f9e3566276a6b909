-- Writes down a use of emergency access before it is audited and before it grants anything.
-- KEYS[1] record  KEYS[2] the practice's uses by their begin
-- ARGV[1] id  ARGV[2] user id  ARGV[3] session id  ARGV[4] sealed reason  ARGV[5] until, in ms
-- ARGV[6] ms a record is kept  ARGV[7] records listed
-- Reply: when it starts, in ms.
-- Keeps: both keys have a bound in time, the list one in length.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'userId', ARGV[2], 'sessionId', ARGV[3], 'reason', ARGV[4], 'startedAt', now, 'until', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - tonumber(ARGV[6]))
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[7]) - 1)
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return now
