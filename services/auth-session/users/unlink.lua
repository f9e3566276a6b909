-- Takes a way to a user away.
-- KEYS[1] login entry
-- ARGV[1] practice and user it must lead to
-- Reply: 1 where it was taken away, 0 where it leads elsewhere or nowhere.
-- Keeps: an entry that somebody else has meanwhile is left alone.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
