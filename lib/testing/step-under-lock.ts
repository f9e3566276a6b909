import type { RedisClient } from '../redis/connect.ts'
import type { Hold } from '../redis/lock.ts'

const script = `if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[2])
return 1`

/** A step as those who hold a lock make it: → whether it was made. */
export const stepUnderLock = async (
  redis: RedisClient,
  { lock, fence }: Hold,
  who: string,
): Promise<boolean> => (await redis.eval(script, 2, lock, `${lock}:steps`, fence, who)) === 1
