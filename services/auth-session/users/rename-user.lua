-- Gives a user another address.
-- KEYS[1] user
-- ARGV[1] sealed address
-- Reply: 1, or 0 where there is no such user.
-- Keeps: a user who was removed meanwhile does not come back in part.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'email', ARGV[1])
return 1
