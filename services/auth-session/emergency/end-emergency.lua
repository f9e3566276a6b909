-- Ends a use of emergency access and gives one caller the duty to audit that.
-- KEYS[1] record  KEYS[2] session it is known to run in, or the record again
-- ARGV[1] id  ARGV[2] why: holder, or empty to find out  ARGV[3] prefix of access keys (same hash tag)
-- ARGV[4] ms the caller has for auditing
-- Reply: {gone | done | busy | claimed, user id, why it ended, how many had the duty before}.
-- Keeps: once this has answered it widens nothing; an end has one time and one reason; one caller at a time audits.
local record = redis.call('HMGET', KEYS[1], 'userId', 'until', 'endedAt', 'endedBy', 'audited', 'leaseUntil', 'begun')
if not record[1] then return {'gone', '', '', 0} end
if record[5] then return {'done', record[1], record[4], 0} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not record[3] then
  local timedOut = now >= tonumber(record[2])
  local why = not record[7] and 'not-begun' or timedOut and 'time-out' or ARGV[2] ~= '' and ARGV[2] or 'session-end'
  redis.call('HSET', KEYS[1], 'endedAt', timedOut and record[2] or now, 'endedBy', why)
  record[4] = why
  for _, key in ipairs({KEYS[2], ARGV[3] .. record[1]}) do
    if redis.call('HGET', key, 'emergency') == ARGV[1] then redis.call('HDEL', key, 'emergency', 'emergencyUntil') end
  end
end
if tonumber(record[6] or '0') > now then return {'busy', record[1], record[4], 0} end
redis.call('HSET', KEYS[1], 'leaseUntil', now + tonumber(ARGV[4]))
return {'claimed', record[1], record[4], redis.call('HINCRBY', KEYS[1], 'claims', 1) - 1}
