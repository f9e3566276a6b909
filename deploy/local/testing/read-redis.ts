import { Redis } from 'ioredis'
import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'
import { parseRedisUrl } from '#lib/redis/redis-url.ts'

/** Every key and value that stands in Redis, as one text; streams and their consumers included. */
export async function readEverything(redis: RedisClient): Promise<string> {
  const found: unknown[] = []
  for (const node of mastersOf(redis))
    for await (const keys of node.scanStream({ count: 1_000 }))
      for (const key of keys as string[]) found.push(key, await readValue(redis, key))
  return JSON.stringify(found)
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
      return [await redis.xrange(key, '-', '+'), await redis.xinfo('STREAM', key, 'FULL')]
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

/** Every command that reaches Redis from now on, with its arguments: what is published or looked up is in no dump. */
export async function recordCommands(url: string) {
  const place = parseRedisUrl(url)
  const [host] = place?.hosts ?? []
  if (!place || !host) throw new Error('a redis:// URL is needed')
  const connection = new Redis({ ...host, username: place.username ?? '', password: place.password ?? '' })
  const monitor = await connection.monitor()
  const seen: string[] = []
  monitor.on('monitor', (_time: string, args: string[]) => seen.push(args.join(' ')))
  return {
    text: () => seen.join('\n'),
    stop() {
      monitor.disconnect()
      connection.disconnect()
    },
  }
}
