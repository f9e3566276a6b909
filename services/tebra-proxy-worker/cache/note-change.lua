-- Voids what is cached of a subject, and what is being asked about it right now.
-- KEYS[1] generation   ARGV[1] ms it is remembered (longer than any entry lives)
-- Keeps: a generation never comes again, not even after the key has expired: it is at least the time.
local before = tonumber(redis.call('GET', KEYS[1]) or '0')
redis.call('SET', KEYS[1], string.format('%.0f', math.max(before + 1, tonumber(nowMs()))), 'PX', ARGV[1])
return 1
