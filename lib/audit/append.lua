-- Appends audit entries to a practice's chain, all or none, or gives the writer the next turn.
-- KEYS[1] log (stream)  KEYS[2] head (hash: seq, mac, turn, turnEnds)
-- ARGV[1] seq the writer built on  ARGV[2] mac it built on  ARGV[3] the writer  ARGV[4] a turn's length in ms
-- then for each entry: mac, payload. A writer that only asks for a turn builds on seq -1.
-- Reply: {outcome, seq, mac} with the present head. 1: appended. 0: another was first; until the turn ends nobody
-- else appends, so entries built on this head will stand. -1: it is another writer's turn, ask again.
-- Keeps: the sequence has no gap and each entry's mac covers the one before it, however many write at once; no
-- writer is beaten twice while it keeps its turns, and one that died holds up the others for one turn at most.
local head = redis.call('HMGET', KEYS[2], 'seq', 'mac', 'turn', 'turnEnds')
local seq, mac, turn = tonumber(head[1] or '0'), head[2] or '', head[3] or ''
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
if turn ~= '' and turn ~= ARGV[3] and now() < tonumber(head[4]) then return {-1, seq, mac} end

if seq ~= tonumber(ARGV[1]) or mac ~= ARGV[2] then
  redis.call('HSET', KEYS[2], 'turn', ARGV[3], 'turnEnds', now() + tonumber(ARGV[4]))
  return {0, seq, mac}
end
for i = 5, #ARGV, 2 do
  seq, mac = seq + 1, ARGV[i]
  redis.call('XADD', KEYS[1], '0-' .. seq, 'mac', mac, 'event', ARGV[i + 1])
end
redis.call('HSET', KEYS[2], 'seq', seq, 'mac', mac)
if turn ~= '' then redis.call('HSET', KEYS[2], 'turn', '') end
return {1, seq, mac}
