-- What a worker sees and says, every poll: is its own breaker open, and would it make the probe?
-- ARGV[4] epoch under which its own breaker opened, or ''  [5] report lives ms  [6] open for ms
--     [7] epoch of the probe it keeps, or ''  [8] 1 where it would probe  [9] probe lease ms
-- Keeps: two workers, or the only one, open it for all; one probe in the whole fleet, held by a lease.
if breaker.state == 'closed' and breaker.forced == '' then
  if ARGV[4] == text(breaker.epoch) then
    redis.call('ZADD', KEYS[2], text(now), ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now - ARGV[5]))
    redis.call('PEXPIRE', KEYS[2], ARGV[5])
    if redis.call('ZCARD', KEYS[2]) >= 2 or redis.call('ZCARD', KEYS[4]) <= 1 then
      open('reported-by-workers', ARGV[6])
      tell()
    end
  else
    redis.call('ZREM', KEYS[2], ARGV[3])
  end
elseif breaker.state == 'half-open' and breaker.probe == ARGV[3] and ARGV[7] == text(breaker.epoch) then
  breaker.probeUntil = now + ARGV[9]
  save()
elseif breaker.forced == '' and ARGV[8] == '1' then
  local due = breaker.state == 'open' and breaker.probeAt <= now
  local lapsed = breaker.state == 'half-open' and breaker.probeUntil <= now
  if due or lapsed then
    breaker.state, breaker.epoch, breaker.probe = 'half-open', breaker.epoch + 1, ARGV[3]
    breaker.probeUntil = now + ARGV[9]
    save()
  end
end
return reply()
