import { v7 as uuidv7 } from 'uuid'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** What the vendor says of its limits changes rarely; asked once a day by one worker of the fleet. */
const keptMs = 24 * 3_600_000
const askWithinMs = 30_000

interface Deps {
  readonly redis: RedisClient
  readonly partitions: Partitions
  readonly upstream: Upstream
  readonly limiter: RateLimiter
  readonly logger: Logger
  /** Each Tebra account, with a practice that uses it. */
  readonly accounts: ReadonlyMap<string, string>
}

/**
 * Lets GetThrottles override the table of intervals, for each account. What one worker has asked is kept in Redis for
 * the others; an account that cannot be asked now keeps the table.
 */
export async function learnIntervals(deps: Deps): Promise<void> {
  const { redis, partitions, upstream, limiter, logger, accounts } = deps
  for (const [account, practiceId] of accounts) {
    try {
      const known = await readIntervals(redis, partitions, account)
      if (known.size > 0) {
        limiter.override(account, known)
        continue
      }
      const context = { practiceId, correlationId: uuidv7(), signal: AbortSignal.timeout(askWithinMs) }
      const stated = await upstream.throttles?.(context)
      if (!stated || stated.size === 0) continue
      limiter.override(account, stated)
      const key = partitions.of(account).intervals(account)
      await redis.hset(key, new Map([...stated].map(([name, ms]) => [name, String(ms)])))
      await redis.pexpire(key, keptMs)
    } catch (error) {
      logger.warn({ err: error, account }, 'the vendor’s intervals could not be asked; the table holds')
    }
  }
}

/** The intervals the vendor has stated for an account, in ms by operation; empty where it was not asked. */
export async function readIntervals(
  redis: RedisClient,
  partitions: Partitions,
  account: string,
): Promise<ReadonlyMap<string, number>> {
  const stored = await redis.hgetall(partitions.of(account).intervals(account))
  return new Map(Object.entries(stored).map(([operation, ms]) => [operation, Number(ms)]))
}
