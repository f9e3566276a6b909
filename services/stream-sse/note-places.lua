-- Writes down how many open streams an instance has of some of a practice's users.
-- KEYS[1] the practice's open streams: `<instance>/<user>` → `<count> <until, in ms>`
-- ARGV[1] ms the numbers are good for  [2…] field and number of each user; 0 takes the field away
-- Reply: how many were written.
-- Keeps: the key has an end, and so has each number in it.
local time = redis.call('TIME')
local till = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1])
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. till)
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return (#ARGV - 1) / 2
