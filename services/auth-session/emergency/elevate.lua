-- Lets emergency access widen what a session may do, until its time is over.
-- KEYS[1] session  KEYS[2] access of its user  KEYS[3] record
-- ARGV[1] id
-- Reply: 1, or 0 where the session or the record is gone or over, or another use is running in this session.
-- Keeps: nothing widens without a record that is not ended; the guard reads the session's time, the worker that works
-- off what was submitted meanwhile reads the user's.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local running = redis.call('HMGET', KEYS[1], 'userId', 'emergencyUntil')
local record = redis.call('HMGET', KEYS[3], 'userId', 'until', 'endedAt')
if not running[1] or running[1] ~= record[1] then return 0 end
if tonumber(running[2] or '0') > now or record[3] or tonumber(record[2]) <= now then return 0 end

redis.call('HSET', KEYS[1], 'emergency', ARGV[1], 'emergencyUntil', record[2])
redis.call('HSET', KEYS[2], 'emergency', ARGV[1], 'emergencyUntil', record[2])
redis.call('HSET', KEYS[3], 'begun', 1)
return 1
