-- Takes one of a challenge's tries.
-- KEYS[1] challenge
-- ARGV[1] tries it allows
-- Reply: tries left after this one, or -1 where the challenge is gone or has none left.
-- Keeps: tries taken side by side are counted one by one; asking for one too many deletes it.
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local left = tonumber(ARGV[1]) - redis.call('HINCRBY', KEYS[1], 'tries', 1)
if left < 0 then redis.call('DEL', KEYS[1]) end
return math.max(left, -1)
