-- Takes a dead letter off the list by an operator's decision; its record then ages out like any other.
-- KEYS[1] request  [2] practice's dead letters  [3] status
-- ARGV[1] id  [2] outcome (success | error | cancelled)  [3] retention ms
-- Reply: done | not-dead
local status = redis.call('HGET', KEYS[1], 'status')
if status ~= 'dead' and status ~= 'uncertain' then return 'not-dead' end
redis.call('ZREM', KEYS[2], ARGV[1])
note(KEYS[1], KEYS[3], ARGV[1], ARGV[2], nowMs(), 'resolved')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 'done'
