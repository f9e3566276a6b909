import type { RedisClient } from './connect.ts'

/** Now by Redis' clock, which all hosts share, in ms since the epoch. */
export async function redisTime(redis: Pick<RedisClient, 'time'>): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
}
