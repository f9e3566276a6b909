-- Shared by the queue's scripts. Times are ms since the epoch by Redis' clock (invariant: no host's clock rules).

local ends = {success = true, error = true, dead = true, uncertain = true, cancelled = true}
local streamLength = 10000
local timelineBytesMax = 8192

local function nowMs()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
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

local function acknowledge(requests, group, entry)
  if entry == '' then return end
  redis.call('XACK', requests, group, entry)
  redis.call('XDEL', requests, entry)
end

-- Ends a record: result, status and response events, and its share of the bounds given back.
-- keys: request, status, responses, bytes, open, dead. The caller has checked that it may.
local function finish(keys, id, status, now, sealed, err, retentionMs, inlineMax)
  local record = redis.call('HMGET', keys.request,
    'practiceId', 'userId', 'correlationId', 'action', 'submittedAt', 'bytes')
  local duration = now - record[5]
  redis.call('HSET', keys.request, 'endedAt', now, 'durationMs', duration, 'intent', '', 'result', sealed, 'error', err)
  note(keys.request, keys.status, id, status, now, '')
  local inline = #sealed <= tonumber(inlineMax)
  redis.call('XADD', keys.responses, 'MAXLEN', '~', streamLength, '*',
    'requestId', id, 'practiceId', record[1], 'userId', record[2], 'correlationId', record[3], 'action', record[4],
    'status', status, 'timestamp', now, 'duration', duration,
    'result', inline and sealed or '', 'large', inline and '0' or '1', 'error', err)
  redis.call('DECRBY', keys.bytes, record[6])
  redis.call('ZREM', keys.open, id)
  if status == 'dead' or status == 'uncertain' then
    redis.call('ZADD', keys.dead, now, id)
    redis.call('PERSIST', keys.request)
  else
    redis.call('PEXPIRE', keys.request, retentionMs)
  end
end
