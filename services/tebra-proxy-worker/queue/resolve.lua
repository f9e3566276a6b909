-- Takes a dead letter off the list by an operator's decision; its record then ages out like any other.
-- KEYS[1] request  [2] status  [3] practice's dead letters
-- ARGV[1] id  [2] status and [3] end (ms) that the operator saw  [4] outcome (success | error | cancelled)
--      [5] retention ms  [6] who  [7] sealed note
-- Reply: done | changed (no longer what the operator saw)
local record = redis.call('HMGET', KEYS[1], 'status', 'endedAt')
if record[1] ~= 'dead' and record[1] ~= 'uncertain' then return 'changed' end
if record[1] ~= ARGV[2] or record[2] ~= ARGV[3] then return 'changed' end
local now = nowMs()
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[1], 'resolvedBy', ARGV[6], 'resolvedAt', now, 'note', ARGV[7])
note(KEYS[1], KEYS[2], ARGV[1], ARGV[4], now, 'resolved')
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 'done'
