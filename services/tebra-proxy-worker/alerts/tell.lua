-- Tells of trouble as it is seen now.
-- KEYS[1] what stands  [2] what is told  [3] the watch's lock, where only its holder may
-- ARGV[1] JSON, for each: {kind, subject, practiceId, reason, stands, standsMs}; an alert ends only when it has stood
--      for standsMs  [2] the watch's fence
-- Reply, for each: started | ended | same; or void where the caller does not watch any more
if KEYS[3] and redis.call('HGET', KEYS[3], 'fence') ~= ARGV[2] then return {'void'} end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local phases = {}
for i, seen in ipairs(cjson.decode(ARGV[1])) do phases[i] = tellAlert(KEYS[1], KEYS[2], now, seen) end
return phases
