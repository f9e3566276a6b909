-- Takes the next turn of each operation, or says how long to wait; or pauses it.
-- KEYS[1] stopped accounts  [2…] limits of one account and operation each (hold the ms at which the next call may go);
--      one may stand twice
-- ARGV, for each: interval ms, pause ms (0: take a turn), account ('' for a call that is made although it is stopped)
-- Reply: numbers in one text, for each 0 when the turn is taken, else ms to wait, or -1 where the account is stopped
-- Keeps: two turns are never closer than the interval, by Redis' clock, whoever takes them; a stopped account has none.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local anyStopped = redis.call('EXISTS', KEYS[1]) == 1
local waits = {}
for i = 1, #KEYS - 1 do
  local limit = KEYS[i + 1]
  local interval, pause, account = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), ARGV[3 * i]
  local free = tonumber(redis.call('GET', limit) or '0')
  waits[i] = 0
  if anyStopped and pause == 0 and account ~= '' and redis.call('ZSCORE', KEYS[1], account) then
    waits[i] = -1
  elseif pause == 0 and free > now then
    waits[i] = free - now
  elseif pause > 0 or interval > 0 then
    local nextMs = pause > 0 and math.max(free, now + pause) or now + interval
    redis.call('SET', limit, string.format('%.0f', nextMs), 'PXAT', string.format('%.0f', nextMs + 1000))
  end
end
return table.concat(waits, ' ')
