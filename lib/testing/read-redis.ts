import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'

/** Every key that stands in Redis, with its value; of a stream its entries. */
export async function readRedis(redis: RedisClient): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const node of mastersOf(redis))
    for await (const keys of node.scanStream({ count: 1_000 }))
      for (const key of keys as string[]) found[key] = await readValue(redis, key)
  return found
}

async function readValue(redis: RedisClient, key: string): Promise<unknown> {
  const type = await redis.type(key)
  switch (type) {
    case 'none':
      return null
    case 'string':
      return redis.get(key)
    case 'hash':
      return redis.hgetall(key)
    case 'stream':
      return redis.xrange(key, '-', '+')
    case 'zset':
      return redis.zrange(key, '0', '-1')
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'set':
      return redis.smembers(key)
    default:
      throw new Error(`${key} is a ${type}`)
  }
}
