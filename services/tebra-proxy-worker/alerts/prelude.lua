-- Starts an alert that does not stand, or ends one that does; whatever stands already is not told again.
-- open: hash of what stands, by kind and subject. told: stream of what started and ended.
-- seen: kind, subject, practiceId ('' where it concerns the fleet), reason, and whether the trouble stands.
-- Reply: started | ended | same. Keeps: one alert when trouble starts and one when it ends, in the whole fleet.
local function tellAlert(open, told, now, seen)
  local field = seen.kind .. ':' .. seen.subject
  local held = redis.call('HGET', open, field)
  local phase = 'same'
  local since = now
  if seen.stands and not held then
    phase = 'started'
    redis.call('HSET', open, field, cjson.encode({kind = seen.kind, subject = seen.subject,
      practiceId = seen.practiceId, reason = seen.reason, since = now}))
  elseif held and not seen.stands then
    since = cjson.decode(held).since
    if tonumber(now) - tonumber(since) < (seen.standsMs or 0) then return 'same' end
    phase = 'ended'
    redis.call('HDEL', open, field)
  end
  if phase ~= 'same' then
    redis.call('XADD', told, 'MAXLEN', '~', 1000, '*', 'kind', seen.kind, 'phase', phase, 'subject', seen.subject,
      'practiceId', seen.practiceId, 'reason', seen.reason, 'at', now, 'since', since)
  end
  return phase
end
