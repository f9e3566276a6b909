import type { TebraStatus } from '#lib/contract/health.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys as keys } from '#lib/redis/keys.ts'

const beatMs = 2_000
const aliveMs = 15_000

export interface Vitals {
  readonly inFlight: number
  readonly idleMs: number
  readonly rssBytes: number
}

/** Says every 2 s that this worker lives; a worker that has been silent for 15 s is forgotten. */
export function startHeartbeat(deps: {
  redis: RedisClient
  name: string
  now: () => number
  vitals: () => Vitals
  onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  const { redis, name, now } = deps
  const startedAt = now()

  const beat = async (): Promise<void> => {
    const { inFlight, idleMs, rssBytes } = deps.vitals()
    const key = keys.worker(name)
    const lastProgressAt = now() - Math.min(idleMs, now() - startedAt)
    await redis.hset(key, {
      startedAt: String(startedAt),
      lastProgressAt: String(Math.round(lastProgressAt)),
      inFlight: String(inFlight),
      rssBytes: String(rssBytes),
    })
    await redis.pexpire(key, aliveMs)
    await redis.zadd(keys.workers, String(now()), name)
    await redis.zremrangebyscore(keys.workers, '-inf', now() - aliveMs)
  }

  const again = () => void beat().catch(deps.onError)
  again()
  const timer = setInterval(again, beatMs)
  return {
    async stop() {
      clearInterval(timer)
      await redis.zrem(keys.workers, name)
      await redis.del(keys.worker(name))
    },
  }
}

export async function readWorkers(redis: RedisClient): Promise<TebraStatus['workers']> {
  const names = await redis.zrange(keys.workers, '0', '99')
  const hashes = await Promise.all(names.map((name) => redis.hgetall(keys.worker(name))))
  return hashes.flatMap((hash, index) => {
    const name = names[index]
    if (!name || !hash.startedAt) return []
    return [
      {
        name,
        startedAt: new Date(Number(hash.startedAt)).toISOString(),
        lastProgressAt: new Date(Number(hash.lastProgressAt)).toISOString(),
        inFlight: Number(hash.inFlight),
        rssBytes: Number(hash.rssBytes),
      },
    ]
  })
}
