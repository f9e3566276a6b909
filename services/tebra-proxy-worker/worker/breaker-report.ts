import type { Redis } from 'ioredis'
import type { TebraStatus } from '#lib/contract/health.ts'
import { queueKeys as keys } from '#lib/redis/keys.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import type { BreakerState } from './breaker.ts'

/** Longer than a breaker stays open, so that a report outlives the silence but not its worker for long. */
const reportMs = 120_000

/** Lets the intake and the operators see a worker's breaker; closed is what is reported when nobody says otherwise. */
export async function reportBreaker(
  redis: Redis,
  form: UpstreamForm,
  state: BreakerState,
  now: number,
): Promise<void> {
  const key = keys.breaker(form)
  if (state === 'closed') {
    await redis.del(key)
    return
  }
  await redis.hset(key, { state, since: now })
  await redis.pexpire(key, reportMs)
}

export async function readBreaker(redis: Redis, form: UpstreamForm): Promise<TebraStatus['breaker']> {
  const [state, since] = await redis.hmget(keys.breaker(form), 'state', 'since')
  if (state !== 'open' && state !== 'half-open') return { state: 'closed' }
  return { state, since: new Date(Number(since)).toISOString() }
}
