-- Accepts requests: each one's record, queue entry, status event, histories and idempotency mark, all or nothing.
-- KEYS[1] requests  [2] status  [3] bytes  [4] open  [5] number of partitions  then what the items point to
-- ARGV[1] byte budget  [2] ms an idempotency mark lives  [3] ms the histories live  [4] a practice's share of the queue
--      [5] number of partitions as the caller knows it
--      [6] JSON, for each: [in KEYS: request, mark (0 for none), practiceQueue, userHistory, practiceHistory; then id,
--      body (hash, '' without an idempotency key), bytes, and the record: practiceId, userId, correlationId, action,
--      params, lane, priority, cache]
-- Reply: JSON, for each: [accepted] as it came, [accepted | same, id, correlationId] as it was accepted before,
--      [conflict], [full], [moving], or [failed, why]
-- Keeps: one call is one entry even when it is sent twice; past the byte budget nothing is accepted;
--   nor is it while practices move to other partitions, or from a caller who may have the wrong one.
local now = nowMs()
local placed = isPlaced(KEYS[5], ARGV[5])
local held = tonumber(redis.call('GET', KEYS[3]) or '0')

local function remember(history, id, limit)
  redis.call('ZADD', history, now, id)
  redis.call('ZREMRANGEBYRANK', history, 0, -limit - 1)
  redis.call('PEXPIRE', history, ARGV[3])
end

local function accept(request, mark, line, userHistory, practiceHistory, id, body, bytes, practiceId, userId,
  correlationId, action, params, lane, priority, cache)
  request, mark, line = KEYS[request], KEYS[mark], KEYS[line]
  if mark then
    local known = redis.call('HMGET', mark, 'id', 'body', 'correlationId')
    if known[1] and known[2] == body then return {'same', known[1], known[3]} end
    if known[1] then return {'conflict'} end
  end
  local before = redis.call('HGET', request, 'correlationId')
  if before then return {'accepted', id, before} end
  if held + bytes > tonumber(ARGV[1]) then return {'full'} end

  local record = {key = request, attempts = '0', timeline = '', practiceId = practiceId, userId = userId,
    correlationId = correlationId, action = action, queue = KEYS[1], practiceQueue = line, priority = priority,
    lane = lane}
  redis.call('HSET', line, 'share', ARGV[4])
  move(record, KEYS[2], id, 'pending', now, '', 'submittedAt', now, 'attempts', '0', 'fence', '0', 'intent', '',
    'bytes', bytes, 'queue', KEYS[1], 'practiceQueue', line, 'priority', priority, 'cache', cache, 'lane', lane,
    'action', action, 'practiceId', practiceId, 'userId', userId, 'correlationId', correlationId, 'params', params)
  remember(KEYS[userHistory], id, 1000)
  remember(KEYS[practiceHistory], id, 10000)
  if mark then
    redis.call('HSET', mark, 'id', id, 'body', body, 'correlationId', correlationId)
    redis.call('PEXPIRE', mark, ARGV[2])
  end
  redis.call('INCRBY', KEYS[3], bytes)
  held = held + bytes
  -- From here on it is worked; what failed before is told as failed, and is not.
  redis.call('ZADD', KEYS[4], now, id)
  joinQueue(record, id)
  return {'accepted'}
end

local replies = {}
for i, item in ipairs(cjson.decode(ARGV[6])) do
  local worked, reply = true, {'moving'}
  if placed then worked, reply = pcall(accept, unpack(item)) end
  replies[i] = worked and reply or {'failed', type(reply) == 'table' and reply.err or tostring(reply)}
end
return cjson.encode(replies)
