import { ConfigError } from '#lib/config/read-config.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { createConfirmWrite, type Safety } from '#lib/redis/confirm-write.ts'
import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'

export type Durability = 'memory' | 'aof' | 'replica'

/** Resolves when the records under these keys, as they stand now, are as safe as configured; else rejects `not-durable`. */
export type ConfirmDurable = (...records: string[]) => Promise<void>

/**
 * Makes the wait after each accepted request and before each upstream write. What is not confirmed may yet survive,
 * so the caller tries again with the same idempotency key. `aof` uses WAITAOF (Redis 7.2), and on an older server
 * demands appendfsync=always, which confirms by itself; it throws where neither is there. `redis` is a connection of
 * its own: the wait holds up what comes behind it.
 */
export async function createConfirmDurable(
  redis: RedisClient,
  durability: Durability,
): Promise<ConfirmDurable> {
  if (durability === 'memory') return async () => {}
  if (durability === 'replica' || (await knowsWaitAof(redis))) return confirmBy(redis, durability)
  if (await syncsAlways(redis)) return async () => {}
  throw new ConfigError(
    'DURABILITY=aof cannot be kept by this Redis: it needs version 7.2 (WAITAOF) or appendfsync always.',
  )
}

function confirmBy(redis: RedisClient, safety: Safety): ConfirmDurable {
  const confirm = createConfirmWrite(redis, safety)
  return async (...records) => {
    const safe = await Promise.all(records.map((record) => confirm(record)))
    if (!safe.every(Boolean)) throw new DomainError('not-durable')
  }
}

async function knowsWaitAof(redis: RedisClient): Promise<boolean> {
  try {
    await redis.call('WAITAOF', 0, 0, 0)
    return true
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('ERR unknown command')) return false
    throw error
  }
}

async function syncsAlways(redis: RedisClient): Promise<boolean> {
  const replies = await Promise.all(mastersOf(redis).map((node) => node.config('GET', 'appendfsync')))
  return (replies as string[][]).every(([, value]) => value === 'always')
}
