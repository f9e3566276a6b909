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
  return redis.call('SET', partitions, known, 'NX') or redis.call('GET', partitions) == known
end

-- Moves a record to a status: its field, one line of its timeline, and one event for those who listen.
local function note(request, statusStream, id, status, now, reason)
  local record = redis.call('HMGET', request, 'practiceId', 'userId', 'correlationId', 'action', 'attempts', 'timeline')
  local timeline = record[6] or ''
  if #timeline < timelineBytesMax then
    timeline = timeline .. status .. '|' .. now .. '|' .. record[5] .. '|' .. reason .. '\n'
  end
  redis.call('HSET', request, 'status', status, 'timeline', timeline)
  redis.call('XADD', statusStream, 'MAXLEN', '~', streamLength, '*',
    'requestId', id, 'practiceId', record[1], 'userId', record[2], 'correlationId', record[3], 'action', record[4],
    'status', status, 'attempt', record[5], 'timestamp', now, 'reason', reason)
end

-- The place of a request in the queue. Each practice has a share of the stream; what is beyond it waits in the
-- practice's own lists, interactive before bulk, so that one practice's flood does not stand in front of another's.
-- Requests about the same patient or appointment form a lane: only its head is in the queue, the rest is parked.
-- Keeps: a request that has not ended is in exactly one of stream, waiting list, delayed set, or parked in its lane.

local function enqueue(request, id)
  local place = redis.call('HMGET', request, 'queue', 'practiceQueue', 'priority')
  local share = redis.call('HMGET', place[2], 'active', 'share')
  if tonumber(share[1] or '0') < tonumber(share[2] or '1') then
    redis.call('HINCRBY', place[2], 'active', 1)
    redis.call('XADD', place[1], '*', 'id', id)
  else
    redis.call('RPUSH', place[2] .. ':' .. place[3], id)
  end
end

-- Takes an entry out of the stream and gives its place to the practice's next waiting request.
local function acknowledge(requests, group, entry, request)
  if entry == '' or redis.call('XACK', requests, group, entry) == 0 then return end
  redis.call('XDEL', requests, entry)
  local practiceQueue = redis.call('HGET', request, 'practiceQueue')
  if not practiceQueue then return end
  local waiting = redis.call('LPOP', practiceQueue .. ':interactive') or redis.call('LPOP', practiceQueue .. ':bulk')
  if waiting then
    redis.call('XADD', requests, '*', 'id', waiting)
  else
    redis.call('HINCRBY', practiceQueue, 'active', -1)
  end
end

local function siblingOf(request, id, other) return string.sub(request, 1, -#id - 1) .. other end

-- Queues a request that is its lane's head or has none; parks it otherwise.
local function joinQueue(request, id)
  local lane = redis.call('HGET', request, 'lane')
  if lane and lane ~= '' and redis.call('RPUSH', lane, id) > 1 then
    redis.call('HSET', request, 'parked', 1)
  else
    enqueue(request, id)
  end
end

local function leaveLane(request, id)
  local lane = redis.call('HGET', request, 'lane')
  if not lane or lane == '' then return end
  redis.call('LREM', lane, 1, id)
  local head = redis.call('LINDEX', lane, 0)
  if head and redis.call('HDEL', siblingOf(request, id, head), 'parked') == 1 then
    enqueue(siblingOf(request, id, head), head)
  end
end

-- Ends a record: result, status and response events, and its share of the bounds given back.
-- keys: request, status, responses, bytes, open, dead. meta: where the result came from, as JSON, or ''.
-- The caller has checked that it may.
local function finish(keys, id, status, now, sealed, err, retentionMs, inlineMax, meta)
  local record = redis.call('HMGET', keys.request,
    'practiceId', 'userId', 'correlationId', 'action', 'submittedAt', 'bytes')
  local duration = now - record[5]
  redis.call('HSET', keys.request, 'endedAt', now, 'durationMs', duration, 'intent', '', 'result', sealed, 'error', err,
    'meta', meta or '')
  note(keys.request, keys.status, id, status, now, '')
  local inline = #sealed <= tonumber(inlineMax)
  redis.call('XADD', keys.responses, 'MAXLEN', '~', streamLength, '*',
    'requestId', id, 'practiceId', record[1], 'userId', record[2], 'correlationId', record[3], 'action', record[4],
    'status', status, 'timestamp', now, 'duration', duration,
    'result', inline and sealed or '', 'large', inline and '0' or '1', 'error', err,
    'meta', meta or '')
  redis.call('HDEL', keys.request, 'parked')
  leaveLane(keys.request, id)
  redis.call('DECRBY', keys.bytes, record[6])
  redis.call('ZREM', keys.open, id)
  if status == 'dead' or status == 'uncertain' then
    redis.call('ZADD', keys.dead, now, id)
    redis.call('PERSIST', keys.request)
  else
    redis.call('PEXPIRE', keys.request, retentionMs)
  end
end
