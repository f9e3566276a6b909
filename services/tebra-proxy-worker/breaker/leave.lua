-- A worker ends: its report and a probe it has not made are given back.
-- Keeps: nobody waits for the lease of a worker that said goodbye.
redis.call('ZREM', KEYS[2], ARGV[3])
if breaker.state == 'half-open' and breaker.probe == ARGV[3] then open('worker-left', 0) end
return reply()
