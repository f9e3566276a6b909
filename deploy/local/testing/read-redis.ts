import { Redis } from 'ioredis'
import type { RedisClient } from '#lib/redis/connect.ts'
import { parseRedisUrl } from '#lib/redis/redis-url.ts'
import { readRedis } from '#lib/testing/read-redis.ts'

/** Every key and value that stands in Redis, as one text; streams' consumers included. */
export async function readEverything(redis: RedisClient): Promise<string> {
  const found = await readRedis(redis)
  const streams: unknown[] = []
  for (const key of Object.keys(found))
    if ((await redis.type(key)) === 'stream') streams.push(await redis.xinfo('STREAM', key, 'FULL'))
  return JSON.stringify([found, streams])
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
