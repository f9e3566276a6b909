-- Reads an entry of the current generation.
-- KEYS[1] entry  [2] generation   ARGV[1] greatest age in ms   Reply: {sealed, age ms}, or nil where there is none
local entry = redis.call('HMGET', KEYS[1], 'sealed', 'storedAt', 'generation')
if not entry[1] or entry[3] ~= (redis.call('GET', KEYS[2]) or '0') then return false end
local age = math.max(0, nowMs() - entry[2])
if age > tonumber(ARGV[1]) then return false end
return {entry[1], age}
