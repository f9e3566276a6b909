-- Marks a record, so that confirming the mark confirms all that was written before it on this server.
-- KEYS[1] record   Reply: 1, or 0 where this server has no such record
-- Keeps: a record that was lost is not made anew.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'confirmed', 1)
return 1
