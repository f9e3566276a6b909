import { connect } from 'node:net'
import { until } from '#lib/processes/wait.ts'
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

/**
 * Every command that reaches Redis from now on, with its arguments: what is published or looked up is in no dump. By a
 * socket of its own: ioredis 6.0.0 fails where the first commands come in one packet with the answer to MONITOR.
 */
export async function recordCommands(url: string) {
  const place = parseRedisUrl(url)
  const [host] = place?.hosts ?? []
  if (!place || !host) throw new Error('a redis:// URL is needed')
  let seen = ''
  const socket = connect(host.port, host.host)
  socket.setEncoding('utf8').on('data', (text: string) => {
    seen += text
  })
  socket.write(`AUTH ${place.username} ${place.password}\r\nMONITOR\r\n`)
  await until('Redis tells its commands', () => seen.startsWith('+OK\r\n+OK\r\n'))
  return { text: () => seen, stop: () => socket.destroy() }
}
