import type { Redis } from 'ioredis'
import { DomainError } from '#lib/http/domain-error.ts'

export type Durability = 'memory' | 'aof' | 'replica'

const confirmWithinMs = 1_000

/**
 * Waits until what was just written is as safe as configured. `aof` asks WAITAOF (Redis 7.2), or, where the server
 * does not know it, relies on appendfsync as it was checked at start. Not confirmed → `not-durable`: the request may
 * yet survive, so the caller tries again with the same idempotency key.
 */
export function createConfirmDurable(redis: Redis, durability: Durability): () => Promise<void> {
  let knowsWaitAof = true
  return async () => {
    if (durability === 'memory') return
    if (durability === 'replica') {
      if ((await redis.wait(1, confirmWithinMs)) < 1) throw new DomainError('not-durable')
      return
    }
    if (!knowsWaitAof) return
    try {
      const [local] = (await redis.call('WAITAOF', 1, 0, confirmWithinMs)) as [number, number]
      if (local < 1) throw new DomainError('not-durable')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('ERR unknown command'))) throw error
      knowsWaitAof = false
    }
  }
}
