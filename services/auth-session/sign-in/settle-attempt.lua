-- Counts failed attempts against one account or one address and makes the next ones wait.
-- KEYS[1] counter (hash: failures, blockedUntil)
-- ARGV[1] step: check | fail | pass  ARGV[2] failures before the first wait  ARGV[3] first wait ms
-- ARGV[4] longest wait ms  ARGV[5] window ms: the counter is forgotten this long after its first failure
-- Reply: ms still to wait; 0 where the attempt counts.
-- Keeps: an attempt that ends while a wait runs has no effect, right or wrong, so guesses made side by side gain
-- nothing; the counter always expires, and never before its wait is over.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = tonumber(redis.call('HGET', KEYS[1], 'blockedUntil') or '0') - now
if wait > 0 then return wait end

if ARGV[1] == 'pass' then redis.call('DEL', KEYS[1]) end
if ARGV[1] ~= 'fail' then return 0 end

local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if failures == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[5]) end
local beyond = failures - tonumber(ARGV[2])
if beyond >= 0 then
  local pause = math.min(tonumber(ARGV[3]) * 2 ^ math.min(beyond, 30), tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'blockedUntil', now + pause)
  redis.call('PEXPIRE', KEYS[1], pause, 'GT')
end
return 0
