-- Accepts a request: record, queue entry, status event, histories and idempotency mark, all or nothing.
-- KEYS[1] request  [2] requests  [3] status  [4] idempotency mark (the request key where there is none)
--      [5] bytes  [6] open  [7] user's history  [8] practice's history  [9] practice's share of the queue
--      [10] number of partitions
-- ARGV[1] id  [2] hash of the body, '' without an idempotency key  [3] byte budget  [4] bytes of this request
--      [5] ms the idempotency mark lives  [6] ms the histories live  [7] the practice's share
--      [8] number of partitions as the caller knows it  [9…] fields and values of the record
-- Reply: {accepted | same, id, correlationId} or {conflict} or {full} or {moving}
-- Keeps: one call is one entry even when it is sent twice; past the byte budget nothing is accepted;
--   nor is it while practices move to other partitions, or from a caller who may have the wrong one.
if not isPlaced(KEYS[10], ARGV[8]) then return {'moving'} end
local mark = ARGV[2] ~= ''
if mark then
  local known = redis.call('HMGET', KEYS[4], 'id', 'body', 'correlationId')
  if known[1] and known[2] == ARGV[2] then return {'same', known[1], known[3]} end
  if known[1] then return {'conflict'} end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {'accepted', ARGV[1], redis.call('HGET', KEYS[1], 'correlationId')}
end
local held = tonumber(redis.call('GET', KEYS[5]) or '0')
if held + tonumber(ARGV[4]) > tonumber(ARGV[3]) then return {'full'} end

local now = nowMs()
redis.call('HSET', KEYS[1], 'submittedAt', now, 'attempts', 0, 'fence', 0, 'intent', '', 'bytes', ARGV[4],
  'queue', KEYS[2], 'practiceQueue', KEYS[9], unpack(ARGV, 9))
redis.call('HSET', KEYS[9], 'share', ARGV[7])
joinQueue(KEYS[1], ARGV[1])
redis.call('INCRBY', KEYS[5], ARGV[4])
redis.call('ZADD', KEYS[6], now, ARGV[1])
for i, limit in pairs({[7] = 1000, [8] = 10000}) do
  redis.call('ZADD', KEYS[i], now, ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[i], 0, -limit - 1)
  redis.call('PEXPIRE', KEYS[i], ARGV[6])
end
local correlationId = redis.call('HGET', KEYS[1], 'correlationId')
if mark then
  redis.call('HSET', KEYS[4], 'id', ARGV[1], 'body', ARGV[2], 'correlationId', correlationId)
  redis.call('PEXPIRE', KEYS[4], ARGV[5])
end
note(KEYS[1], KEYS[3], ARGV[1], 'pending', now, '')
return {'accepted', ARGV[1], correlationId}
