-- Takes a dead letter off the list by an operator's decision; its record then ages out like any other.
-- KEYS[1] request  [2] status  [3] practice's dead letters
-- ARGV[1] id  [2] status and [3] end (ms) that the operator saw  [4] outcome (success | error | cancelled)
--      [5] retention ms  [6] who  [7] sealed note
-- Reply: done | changed (no longer what the operator saw)
local record = readRecord(KEYS[1])
if not record or (record.status ~= 'dead' and record.status ~= 'uncertain') then return 'changed' end
if record.status ~= ARGV[2] or redis.call('HGET', KEYS[1], 'endedAt') ~= ARGV[3] then return 'changed' end
local now = nowMs()
redis.call('ZREM', KEYS[3], ARGV[1])
move(record, KEYS[2], ARGV[1], ARGV[4], now, 'resolved', 'resolvedBy', ARGV[6], 'resolvedAt', now, 'note', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 'done'
