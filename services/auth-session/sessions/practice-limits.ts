import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { SessionLimits } from './session-store.ts'

/** The limits that hold in a practice: the service's, where the practice has not shortened them. */
export async function practiceLimits(
  redis: RedisClient,
  practiceId: string,
  limits: SessionLimits,
): Promise<SessionLimits> {
  const [idleMs, absoluteMs] = await redis.hmget(
    sessionKeys.sessionLimits(practiceId),
    'idleMs',
    'absoluteMs',
  )
  return {
    idleMs: Math.min(Number(idleMs ?? limits.idleMs), limits.idleMs),
    absoluteMs: Math.min(Number(absoluteMs ?? limits.absoluteMs), limits.absoluteMs),
    perUserMax: limits.perUserMax,
  }
}

/** Sets what is given, gives back to the service what is null, and leaves the rest. */
export async function setPracticeLimits(
  redis: RedisClient,
  practiceId: string,
  wanted: Readonly<Record<string, number | null | undefined>>,
): Promise<void> {
  const key = sessionKeys.sessionLimits(practiceId)
  const step = redis.multi()
  for (const [name, ms] of Object.entries(wanted)) {
    if (ms === null) step.hdel(key, name)
    else if (ms !== undefined) step.hset(key, name, ms)
  }
  await step.exec()
}
