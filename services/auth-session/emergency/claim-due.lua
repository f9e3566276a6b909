-- Takes what is due and lets it be due again later, should whoever took it die.
-- KEYS[1] uses of emergency access, by when they are due
-- ARGV[1] ms until they are due again  ARGV[2] how many at most
-- Reply: their names.
-- Keeps: what is taken stays in the set until its end stands in the audit log.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, name in ipairs(due) do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), name) end
return due
