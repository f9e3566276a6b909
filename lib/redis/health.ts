import { Cluster, type Redis } from 'ioredis'
import type { RedisHealth } from '#lib/contract/health.ts'
import { mastersOf, type RedisClient } from './connect.ts'
import { parseRedisUrl } from './redis-url.ts'

/**
 * PING, its latency in ms, the number of clients and the memory; of a Cluster the slowest master's latency and all
 * clients and memory together.
 * `unhealthy` carries the error's class, never its text.
 */
export async function redisHealth(redis: RedisClient): Promise<RedisHealth> {
  try {
    if (redis instanceof Cluster) await everySlotServed(redis)
    const masters = await Promise.all(mastersOf(redis).map(measure))
    return {
      status: 'healthy',
      ping: 'PONG',
      latency_ms: Math.max(...masters.map(({ latencyMs }) => latencyMs)),
      connected_clients: total(masters, 'clients'),
      used_memory_bytes: total(masters, 'usedBytes'),
      max_memory_bytes: total(masters, 'bytesMax'),
    }
  } catch (error) {
    return { status: 'unhealthy', type: error instanceof Error ? error.name : 'unknown' }
  }
}

interface Measured {
  readonly latencyMs: number
  readonly clients: number
  readonly usedBytes: number
  readonly bytesMax: number
}

async function measure(redis: Redis): Promise<Measured> {
  const startedAt = performance.now()
  await redis.ping()
  const latencyMs = Math.round((performance.now() - startedAt) * 100) / 100
  const info = await redis.info('clients', 'memory')
  const number = (name: string) => Number(infoField(info, name) ?? 0)
  return {
    latencyMs,
    clients: number('connected_clients'),
    usedBytes: number('used_memory'),
    bytesMax: number('maxmemory'),
  }
}

const total = (masters: readonly Measured[], of: keyof Measured): number =>
  masters.reduce((sum, master) => sum + master[of], 0)

/**
 * Whether Redis would take a write now: a primary, loaded, with memory left and a disk that works; in a Cluster all
 * masters, and every slot has one. A PING says none of this. Rejects where it cannot be asked.
 */
export async function takesWrites(redis: RedisClient): Promise<boolean> {
  if (redis instanceof Cluster) await everySlotServed(redis)
  const masters = await Promise.all(mastersOf(redis).map(masterTakesWrites))
  return masters.every(Boolean)
}

async function masterTakesWrites(redis: Redis): Promise<boolean> {
  const info = await redis.info('replication', 'memory', 'persistence')
  const field = (name: string) => infoField(info, name)
  if (field('role') !== 'master' || field('loading') === '1') return false
  const maxMemory = Number(field('maxmemory') ?? 0)
  const used = Number(field('used_memory') ?? 0) - Number(field('mem_not_counted_for_evict') ?? 0)
  if (maxMemory > 0 && used >= maxMemory) return false
  if (field('aof_enabled') === '1' && field('aof_last_write_status') === 'err') return false
  return field('rdb_last_bgsave_status') !== 'err' || !(await stopsAfterFailedSave(redis))
}

async function stopsAfterFailedSave(redis: Redis): Promise<boolean> {
  const [, save] = (await redis.config('GET', 'save')) as string[]
  const [, stops] = (await redis.config('GET', 'stop-writes-on-bgsave-error')) as string[]
  return save !== '' && stops === 'yes'
}

/** Rejects where some slots have no master, or one that this connection has not found. */
async function everySlotServed(redis: Cluster): Promise<void> {
  const info = await redis.cluster('INFO')
  const serving = infoField(info, 'cluster_state') === 'ok'
  if (!serving || mastersOf(redis).length < Number(infoField(info, 'cluster_size')))
    throw new Error('CLUSTERDOWN not every slot is served')
}

export const infoField = (info: string, field: string): string | undefined =>
  new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1]

/** What makes a Redis unfit for production, in words an operator can act on; empty when it is fit. */
export async function unfitForProduction(redis: RedisClient, url: string): Promise<string[]> {
  const ofMasters = await Promise.all(mastersOf(redis).map(unfitMaster))
  const problems = new Set(ofMasters.flat())
  const { tls, username } = parseRedisUrl(url) ?? {}
  if (!tls) problems.add('REDIS_URL must use rediss:// (TLS with a verified certificate)')
  if (username === undefined || username === 'default')
    problems.add('REDIS_URL must name an ACL user other than default')
  return [...problems]
}

async function unfitMaster(redis: Redis): Promise<string[]> {
  const [memory, persistence] = await Promise.all([redis.info('memory'), redis.info('persistence')])
  const problems: string[] = []
  if (infoField(memory, 'maxmemory_policy') !== 'noeviction')
    problems.push('maxmemory-policy must be noeviction: any other policy may drop accepted requests')
  if (infoField(persistence, 'aof_enabled') !== '1')
    problems.push('appendonly must be yes: without it a restart loses accepted requests and accounts')
  return problems
}
