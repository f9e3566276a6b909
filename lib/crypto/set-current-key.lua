-- Gives a practice a data key that new text is sealed under.
-- KEYS  1 the practice's wrapped keys (hash: kid → wrapped key, `current` → kid, `since` → ms)
-- ARGV  1 the kid that is current now, empty for none  2 the new kid  3 its wrapped key  4 now, in ms
-- Reply 1 done, 0 another key is current (or the practice was shredded meanwhile)
-- Keeps: `current` always names a key that is there; of two that race one wins; a kid is never given twice.
if (redis.call('HGET', KEYS[1], 'current') or '') ~= ARGV[1] then return 0 end
if redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'current', ARGV[2], 'since', ARGV[4])
return 1
