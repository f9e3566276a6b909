-- Shared by the scripts that open, touch and rotate sessions. Times in ms, by Redis' clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- When a session that was active then expires, and when at the latest; the practice may only have shortened both.
local function expiries(limits, created, active, idleMs, absoluteMs)
  local own = redis.call('HMGET', limits, 'idleMs', 'absoluteMs')
  local absolute = created + math.min(tonumber(own[2] or absoluteMs), tonumber(absoluteMs))
  return math.min(active + math.min(tonumber(own[1] or idleMs), tonumber(idleMs)), absolute), absolute
end
