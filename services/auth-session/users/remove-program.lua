-- Takes a program's account away.
-- KEYS[1] program  KEYS[2] access  KEYS[3] practice's programs
-- ARGV[1] program id  ARGV[2] channel  ARGV[3] message for it
-- Reply: 1, or 0 where there is no such program.
-- Keeps: from the reply on neither its secret nor any of its sessions is good, and open streams are told.
if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
