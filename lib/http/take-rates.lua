-- Takes one request out of several buckets at once, or out of none.
-- KEYS[i] bucket   ARGV[1] window ms  ARGV[1 + i] requests that bucket i lets pass in a window
-- Reply: what `take` answers
local quotas = {}
for i = 2, #ARGV do quotas[i - 1] = tonumber(ARGV[i]) end
return {take(now_ms(), KEYS, quotas, tonumber(ARGV[1]))}
