import type { StatusSample } from '#lib/contract/health.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { redisHealth } from '#lib/redis/health.ts'
import { fleetKeys as keys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import type { QueueFigures } from '../queue/queue-figures.ts'

const everyMs = 10_000
const keptMs = 3_600_000
const keptMax = keptMs / everyMs

/** Notes how the queue and Redis stand, at most once in 10 s, so that an operator who looks later sees how it came. */
export function createSampler(redis: RedisClient) {
  let lastAt = Number.NEGATIVE_INFINITY
  return async ({ depth, oldestAgeMs }: QueueFigures): Promise<void> => {
    const at = performance.now()
    if (at - lastAt < everyMs) return
    const health = await redisHealth(redis)
    if (health.status !== 'healthy') return
    const fields = { depth, oldestAgeMs: Math.round(oldestAgeMs), latencyMs: health.latency_ms }
    await redis.xadd(keys.samples, 'MAXLEN', '=', keptMax, '*', ...Object.entries(fields).flat())
    lastAt = at
  }
}

/** What was noted in the last hour, oldest first; where nothing was noted nobody watched. */
export async function readSamples(redis: RedisClient): Promise<StatusSample[]> {
  const since = (await redisTime(redis)) - keptMs
  const entries = await redis.xrange(keys.samples, String(since), '+')
  return entries.map(([id, [, depth, , oldestAgeMs, , latencyMs]]) => ({
    at: new Date(Number(id.split('-')[0])).toISOString(),
    depth: Number(depth),
    oldestAgeMs: Number(oldestAgeMs),
    latencyMs: Number(latencyMs),
  }))
}
