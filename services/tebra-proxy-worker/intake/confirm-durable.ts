import type { Redis } from 'ioredis'
import { ConfigError } from '#lib/config/read-config.ts'
import { DomainError } from '#lib/http/domain-error.ts'

export type Durability = 'memory' | 'aof' | 'replica'

const confirmWithinMs = 1_000

/**
 * Makes the wait after each accepted request: until it is as safe as configured, or `not-durable` (the request may yet
 * survive, so the caller tries again with the same idempotency key). `aof` uses WAITAOF (Redis 7.2), and on an older
 * server demands appendfsync=always, which confirms by itself; it throws where neither is there.
 */
export async function createConfirmDurable(
  redis: Redis,
  durability: Durability,
): Promise<() => Promise<void>> {
  if (durability === 'memory') return async () => {}
  if (durability === 'replica')
    return async () => {
      if ((await redis.wait(1, confirmWithinMs)) < 1) throw new DomainError('not-durable')
    }
  if (await knowsWaitAof(redis))
    return async () => {
      const [local] = (await redis.call('WAITAOF', 1, 0, confirmWithinMs)) as [number, number]
      if (local < 1) throw new DomainError('not-durable')
    }
  if ((await appendFsync(redis)) === 'always') return async () => {}
  throw new ConfigError(
    'DURABILITY=aof cannot be kept by this Redis: it needs version 7.2 (WAITAOF) or appendfsync always.',
  )
}

async function knowsWaitAof(redis: Redis): Promise<boolean> {
  try {
    await redis.call('WAITAOF', 0, 0, 0)
    return true
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('ERR unknown command')) return false
    throw error
  }
}

async function appendFsync(redis: Redis): Promise<string | undefined> {
  const [, value] = (await redis.config('GET', 'appendfsync')) as string[]
  return value
}
