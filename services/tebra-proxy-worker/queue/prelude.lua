-- Shared by the queue's scripts. Times are ms since the epoch by Redis' clock (invariant: no host's clock rules).

local ends = {success = true, error = true, dead = true, uncertain = true, cancelled = true}
local streamLength = 10000
local timelineBytesMax = 8192

local function nowMs()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end

-- Whether a request may begin here: the caller knows the number of partitions that holds. The first one sets it.
local function isPlaced(partitions, known)
  local held = redis.call('GET', partitions)
  if not held then redis.call('SET', partitions, known) end
  return not held or held == known
end

-- Everything of a record that a step may need, read once; nil where there is none.
local function readRecord(request)
  local r = redis.call('HMGET', request, 'status', 'fence', 'intent', 'attempts', 'practiceId', 'userId', 'correlationId',
    'action', 'submittedAt', 'bytes', 'timeline', 'queue', 'practiceQueue', 'priority', 'lane', 'parked')
  if not r[1] then return nil end
  return {key = request, status = r[1], fence = r[2], intent = r[3], attempts = r[4], practiceId = r[5], userId = r[6],
    correlationId = r[7], action = r[8], submittedAt = r[9], bytes = r[10], timeline = r[11], queue = r[12],
    practiceQueue = r[13], priority = r[14], lane = r[15], parked = r[16]}
end

-- Moves a record to a status: its fields (and those given), one line of its timeline, and one event for who listens.
local function move(record, statusStream, id, status, now, reason, ...)
  if #record.timeline < timelineBytesMax then
    record.timeline = record.timeline .. status .. '|' .. now .. '|' .. record.attempts .. '|' .. reason .. '\n'
  end
  record.status = status
  redis.call('HSET', record.key, 'status', status, 'timeline', record.timeline, ...)
  redis.call('XADD', statusStream, 'MAXLEN', '~', streamLength, '*', 'requestId', id, 'practiceId', record.practiceId,
    'userId', record.userId, 'correlationId', record.correlationId, 'action', record.action, 'status', status,
    'attempt', record.attempts, 'timestamp', now, 'reason', reason)
end

-- The place of a request in the queue. Each practice has a share of the stream; what is beyond it waits in the
-- practice's own lists, interactive before bulk, so that one practice's flood does not stand in front of another's.
-- Requests about the same patient or appointment form a lane: only its head is in the queue, the rest is parked.
-- Keeps: a request that has not ended is in exactly one of stream, waiting list, delayed set, or parked in its lane.

local function enqueue(record, id)
  local line = record.practiceQueue
  local share = redis.call('HMGET', line, 'active', 'share', 'held')
  if not share[3] and tonumber(share[1] or '0') < tonumber(share[2] or '1') then
    redis.call('HINCRBY', line, 'active', 1)
    redis.call('XADD', record.queue, '*', 'id', id, 'line', line)
  else
    redis.call('RPUSH', line .. ':' .. record.priority, id)
  end
end

-- The practice's next waiting request, taken out of its list; nil where none waits or the line is held.
local function nextWaiting(line)
  for _, list in ipairs({line .. ':interactive', line .. ':bulk'}) do
    local waiting = redis.call('LPOP', list)
    if waiting and redis.call('HEXISTS', line, 'held') == 0 then return waiting end
    if waiting then return redis.call('LPUSH', list, waiting) and nil end
  end
end

-- Takes an entry out of the stream and gives its place to the practice's next waiting request; whose place it was
-- says the entry itself where the record has aged out.
local function acknowledge(requests, group, entry, line)
  if entry == '' or redis.call('XACK', requests, group, entry) == 0 then return end
  if not line then
    local aged = redis.call('XRANGE', requests, entry, entry)[1]
    line = aged and aged[2][4]
  end
  redis.call('XDEL', requests, entry)
  if not line then return end
  local waiting = nextWaiting(line)
  if waiting then
    redis.call('XADD', requests, '*', 'id', waiting, 'line', line)
  else
    redis.call('HINCRBY', line, 'active', -1)
  end
end

-- Lets a practice's waiting requests into its share of the stream, of which `active` places are taken.
local function fill(requests, line, active)
  local share = tonumber(redis.call('HGET', line, 'share') or '1')
  while active < share do
    local waiting = nextWaiting(line)
    if not waiting then break end
    redis.call('XADD', requests, '*', 'id', waiting, 'line', line)
    active = active + 1
  end
  redis.call('HSET', line, 'active', active)
end

-- Queues a request that is its lane's head or has none; parks it otherwise.
local function joinQueue(record, id)
  local lane = record.lane
  if lane and lane ~= '' and redis.call('RPUSH', lane, id) > 1 then
    redis.call('HSET', record.key, 'parked', 1)
  else
    enqueue(record, id)
  end
end

local function leaveLane(record, id)
  local lane = record.lane
  if not lane or lane == '' then return end
  redis.call('LREM', lane, 1, id)
  local head = redis.call('LINDEX', lane, 0)
  if not head then return end
  local request = string.sub(record.key, 1, -#id - 1) .. head
  if redis.call('HDEL', request, 'parked') == 1 then enqueue(readRecord(request), head) end
end

-- Ends a record: result, status and response events, and its share of the bounds given back.
-- keys: status, responses, bytes, open, dead (where it may become a dead letter).
-- ended: status, and as texts, '' for none: sealed result, error as JSON, meta (where the result came from) as JSON.
-- The caller has checked that it may.
local function finish(keys, record, id, ended, now, retentionMs, inlineMax)
  local status, duration = ended.status, now - record.submittedAt
  move(record, keys.status, id, status, now, '', 'endedAt', now, 'durationMs', duration, 'intent', '',
    'result', ended.sealed, 'error', ended.error, 'meta', ended.meta)
  local inline = #ended.sealed <= tonumber(inlineMax)
  redis.call('XADD', keys.responses, 'MAXLEN', '~', streamLength, '*', 'requestId', id, 'practiceId', record.practiceId,
    'userId', record.userId, 'correlationId', record.correlationId, 'action', record.action, 'status', status,
    'timestamp', now, 'duration', duration, 'result', inline and ended.sealed or '', 'large', inline and '0' or '1',
    'error', ended.error, 'meta', ended.meta)
  if record.parked then redis.call('HDEL', record.key, 'parked') end
  redis.call('DECRBY', keys.bytes, record.bytes)
  redis.call('ZREM', keys.open, id)
  if status == 'dead' or status == 'uncertain' then
    redis.call('ZADD', keys.dead, now, id)
    redis.call('PERSIST', record.key)
  else
    redis.call('PEXPIRE', record.key, retentionMs)
  end
  leaveLane(record, id)
end
