-- Makes a dead letter a pending request again: a new round of attempts, with its params or with edited ones.
-- KEYS[1] request  [2] status  [3] practice's dead letters  [4] bytes  [5] open
--      [6] number of partitions
-- ARGV[1] id  [2] status and [3] end (ms) that the operator saw  [4] byte budget
--      [5] number of partitions as the caller knows it
--      [6] sealed params, '' to keep what was sent  then with them: [7] their bytes  [8] their lane
-- Reply: done | changed (no longer what the operator saw) | full | moving
-- Keeps: of any number of operators one has the effect, and nobody's confirmation counts for a later end.
if not isPlaced(KEYS[6], ARGV[5]) then return 'moving' end
local record = readRecord(KEYS[1])
if not record or (record.status ~= 'dead' and record.status ~= 'uncertain') then return 'changed' end
if record.status ~= ARGV[2] or redis.call('HGET', KEYS[1], 'endedAt') ~= ARGV[3] then return 'changed' end
local edited = ARGV[6] ~= ''
local bytes = edited and ARGV[7] or record.bytes
if tonumber(redis.call('GET', KEYS[4]) or '0') + tonumber(bytes) > tonumber(ARGV[4]) then return 'full' end

local now = nowMs()
record.attempts = '0'
if edited then
  record.lane = ARGV[8]
  redis.call('HSET', KEYS[1], 'params', ARGV[6], 'lane', ARGV[8])
end
redis.call('HDEL', KEYS[1], 'endedAt', 'durationMs')
-- A worker that never heard the reply to its end sends it again; its fence must not fit the new round.
move(record, KEYS[2], ARGV[1], 'pending', now, 'requeued', 'fence', record.fence + 1, 'attempts', '0', 'intent', '',
  'error', '', 'bytes', bytes)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('INCRBY', KEYS[4], bytes)
redis.call('ZADD', KEYS[5], now, ARGV[1])
joinQueue(record, ARGV[1])
return 'done'
