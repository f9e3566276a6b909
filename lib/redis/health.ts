import type { Redis } from 'ioredis'
import type { RedisHealth } from '#lib/contract/health.ts'

/** PING, its latency in ms and the number of clients; `unhealthy` carries the error's class, never its text. */
export async function redisHealth(redis: Redis): Promise<RedisHealth> {
  try {
    const startedAt = performance.now()
    await redis.ping()
    const latency = performance.now() - startedAt
    const clients = infoField(await redis.info('clients'), 'connected_clients')
    return {
      status: 'healthy',
      ping: 'PONG',
      latency_ms: Math.round(latency * 100) / 100,
      connected_clients: Number(clients ?? 0),
    }
  } catch (error) {
    return { status: 'unhealthy', type: error instanceof Error ? error.name : 'unknown' }
  }
}

export const infoField = (info: string, field: string): string | undefined =>
  new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1]

/** What makes a Redis unfit for production, in words an operator can act on; empty when it is fit. */
export async function unfitForProduction(redis: Redis, url: string): Promise<string[]> {
  const [memory, persistence] = await Promise.all([redis.info('memory'), redis.info('persistence')])
  const { protocol, username } = new URL(url)
  const problems: string[] = []
  if (infoField(memory, 'maxmemory_policy') !== 'noeviction')
    problems.push('maxmemory-policy must be noeviction: any other policy may drop accepted requests')
  if (infoField(persistence, 'aof_enabled') !== '1')
    problems.push('appendonly must be yes: without it a restart loses accepted requests and accounts')
  if (protocol !== 'rediss:') problems.push('REDIS_URL must use rediss:// (TLS with a verified certificate)')
  if (username === '' || username === 'default')
    problems.push('REDIS_URL must name an ACL user other than default')
  return problems
}
