-- Prelude: ms since the epoch by Redis' clock, with their fraction. It stands still while a script runs.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
