-- Stops a Tebra account: nobody sends its credentials any more until it is resumed.
-- KEYS[1] stops  [2] what is known of this stop   ARGV[1] account  [2] ms until it is tried again
-- Reply: 1, or 0 where it is stopped already: the first refusal counts, not those that were on their way
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', now + ARGV[2]), ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'since', string.format('%.0f', now), 'waitMs', ARGV[2])
return 1
