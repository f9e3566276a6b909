-- Replaces sealed fields of a user.
-- KEYS[1] user
-- ARGV field, sealed text, ...
-- Reply: 1, or 0 where there is no such user.
-- Keeps: a user who was removed meanwhile does not come back in part; a new password starts without failures.
if #ARGV == 0 or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
for at = 1, #ARGV, 2 do
  if ARGV[at] == 'passwordHash' then redis.call('HDEL', KEYS[1], 'passwordFailures') end
end
return 1
