-- Shared by the breaker's scripts, each of which is called with these first:
-- KEYS[1] breaker  [2] reporters  [3] alerts  [4] workers  [5] what stands of the alerts
-- ARGV[1] upstream form  [2] channel  [3] worker
-- Reply of each: {state, epoch, since ms, forced, 1 where this worker holds the probe, what changed}
-- Keeps: every change has a new epoch; whatever names an older epoch changes nothing. Times are Redis' own.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = function(number) return string.format('%.0f', number) end

local held = redis.call('HMGET', KEYS[1], 'state', 'epoch', 'since', 'forced', 'probe', 'probeUntil', 'probeAt')
local breaker = {
  state = held[1] or 'closed',
  epoch = tonumber(held[2] or '0'),
  since = held[3] or '',
  forced = held[4] or '',
  probe = held[5] or '',
  probeUntil = tonumber(held[6] or '0'),
  probeAt = tonumber(held[7] or '0'),
}
local changed = ''

local function save()
  redis.call('HSET', KEYS[1], 'state', breaker.state, 'epoch', text(breaker.epoch), 'since', breaker.since,
    'forced', breaker.forced, 'probe', breaker.probe, 'probeUntil', text(breaker.probeUntil),
    'probeAt', text(breaker.probeAt))
end

-- A worker that may not publish still does the step: the message is a hint, everybody's poll is what counts.
local function tell() redis.pcall('PUBLISH', ARGV[2], ARGV[1]) end

-- One alert when trouble starts and one when it ends (../alerts); the probes in between are silent.
local function alert(kind, reason)
  changed = kind
  breaker.since = text(now)
  tellAlert(KEYS[5], KEYS[3], text(now),
    {kind = 'breaker', subject = ARGV[1], practiceId = '', reason = reason, stands = kind == 'opened'})
end

local function open(reason, waitMs)
  if breaker.state == 'closed' then alert('opened', reason) end
  breaker.state, breaker.epoch, breaker.probe, breaker.probeUntil = 'open', breaker.epoch + 1, '', 0
  breaker.probeAt = now + waitMs
  redis.call('DEL', KEYS[2])
  save()
end

local function close(reason)
  if breaker.state ~= 'closed' then alert('closed', reason) end
  breaker.state, breaker.epoch, breaker.probe, breaker.probeUntil = 'closed', breaker.epoch + 1, '', 0
  redis.call('DEL', KEYS[2])
  save()
end

local function reply()
  local mine = breaker.state == 'half-open' and breaker.probe == ARGV[3]
  return {breaker.state, breaker.epoch, breaker.since, breaker.forced, mine and 1 or 0, changed}
end
