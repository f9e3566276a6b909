-- Appends an event to the bus: to what every stream-sse follows, and to the practice's own history, under one id.
-- KEYS[1] events of all practices  [2] the practice's  [3] idempotency key, where the caller gave one (one hash tag)
-- ARGV[1] entries kept in each  [2] ms the practice's history is kept  [3] digest of what is published
--      [4] ms the idempotency key is kept  [5…] the entry's fields and values
-- Reply: {appended | already | conflict, id}
-- Keeps: under one idempotency key there is one event; both streams are bounded and have the same order.
if KEYS[3] then
  local held = redis.call('GET', KEYS[3])
  if held then
    local digest, id = held:match('^(%S+) (%S+)$')
    return digest == ARGV[3] and {'already', id} or {'conflict', ''}
  end
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 5))
local kept = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], id, unpack(ARGV, 5))
if type(kept) == 'table' and kept.err then
  -- Its ids run ahead: the first stream was lost and the clock went back. A new epoch tells that to all listeners.
  redis.call('UNLINK', KEYS[2])
  redis.call('XADD', KEYS[2], id, unpack(ARGV, 5))
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if KEYS[3] then redis.call('SET', KEYS[3], ARGV[3] .. ' ' .. id, 'PX', ARGV[4]) end
return {'appended', id}
