-- Counts one more open stream of a user, or says whose share is used up.
-- KEYS[1] the practice's open streams: `<instance>/<user>` → `<count> <until, in ms>`
-- ARGV[1] field of the caller  [2] user  [3] the user's streams on the caller's instance, this one counted
--      [4] streams a user may have  [5] streams a practice may have  [6] ms the caller's number is good for
-- Reply: taken | user | practice
-- Keeps: over all instances nobody has more streams than that; what an instance that is gone held lapses.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ofUser, ofPractice = tonumber(ARGV[3]), tonumber(ARGV[3])
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local count, till = held[i + 1]:match('^(%d+) (%d+)$')
  if tonumber(till) <= now then
    redis.call('HDEL', KEYS[1], held[i])
  elseif held[i] ~= ARGV[1] then
    ofPractice = ofPractice + count
    if held[i]:match('/(.+)$') == ARGV[2] then ofUser = ofUser + count end
  end
end
if ofUser > tonumber(ARGV[4]) then return 'user' end
if ofPractice > tonumber(ARGV[5]) then return 'practice' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. string.format('%.0f', now + ARGV[6]))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 'taken'
