-- Takes the next turn of each operation, or says how long to wait; or pauses it.
-- KEYS[1…] limits of one account and operation each (hold the ms at which the next call may go); one may stand twice
-- ARGV, for each: interval ms, pause ms (0: take a turn)   Reply, for each: 0 when the turn is taken, else ms to wait
-- Keeps: two turns are never closer than the interval, by Redis' clock, whoever takes them.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local waits = {}
for i, limit in ipairs(KEYS) do
  local interval, pause = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local free = tonumber(redis.call('GET', limit) or '0')
  waits[i] = 0
  if pause == 0 and free > now then
    waits[i] = free - now
  elseif pause > 0 or interval > 0 then
    local nextMs = pause > 0 and math.max(free, now + pause) or now + interval
    redis.call('SET', limit, string.format('%.0f', nextMs), 'PXAT', string.format('%.0f', nextMs + 1000))
  end
end
return waits
