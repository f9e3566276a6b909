-- Appends audit entries to a practice's chain, all or none.
-- KEYS[1] log (stream)  KEYS[2] head (hash: seq, mac)
-- ARGV[1] seq the writer built on  ARGV[2] mac it built on  then for each entry: mac, payload
-- Reply: {1, seq, mac} when appended, {0, seq, mac} with the present head when another writer was first.
-- Keeps: the sequence has no gap and each entry's mac covers the one before it, however many write at once.
local head = redis.call('HMGET', KEYS[2], 'seq', 'mac')
local seq, mac = tonumber(head[1] or '0'), head[2] or ''
if seq ~= tonumber(ARGV[1]) or mac ~= ARGV[2] then return {0, seq, mac} end

for i = 3, #ARGV, 2 do
  seq, mac = seq + 1, ARGV[i]
  redis.call('XADD', KEYS[1], '0-' .. seq, 'mac', mac, 'event', ARGV[i + 1])
end
redis.call('HSET', KEYS[2], 'seq', seq, 'mac', mac)
return {1, seq, mac}
