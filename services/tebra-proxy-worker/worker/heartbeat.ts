import type { TebraStatus } from '#lib/contract/health.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys as keys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

export interface Vitals {
  readonly inFlight: number
  /** Since it started, and since it last took, ended, or vainly looked for a request. */
  readonly upMs: number
  readonly idleMs: number
  readonly rssBytes: number
}

/** A worker that has been silent for this long is gone: others have taken its requests over, or soon will. */
export const goneAfterMs = (leaseMs: number): number => 1.5 * leaseMs
/** What is known of a worker outlives it, for those who ask what became of it. */
const figuresMs = 3_600_000

const beatScript = loadScript<number>(new URL('./beat.lua', import.meta.url))

/** Says several times in each lease that this worker lives. */
export function startHeartbeat(deps: {
  redis: RedisClient
  name: string
  leaseMs: number
  vitals: () => Vitals
  onError: (error: unknown) => void
}): { stop(): Promise<void> } {
  const { redis, name, leaseMs } = deps
  const beat = async (): Promise<void> => {
    const { inFlight, upMs, idleMs, rssBytes } = deps.vitals()
    await beatScript(
      redis,
      [keys.workers, keys.worker(name)],
      [
        ...[name, Math.round(upMs), Math.round(Math.min(idleMs, upMs)), inFlight, rssBytes],
        ...[goneAfterMs(leaseMs), figuresMs],
      ],
    )
  }

  const again = () => void beat().catch(deps.onError)
  again()
  const timer = setInterval(again, leaseMs / 5)
  return {
    async stop() {
      clearInterval(timer)
      await redis.zrem(keys.workers, name)
      await redis.del(keys.worker(name))
    },
  }
}

type WorkerStatus = TebraStatus['workers'][number]

/** The workers that live, at most 100, and those of `gone` of whom something is known. */
export async function readWorkers(
  redis: RedisClient,
  { gone = [], stalled = [] }: { gone?: readonly string[]; stalled?: readonly string[] } = {},
): Promise<WorkerStatus[]> {
  const live = await redis.zrange(keys.workers, '0', '99')
  const names = [...new Set([...live, ...gone])]
  const hashes = await Promise.all(names.map((name) => redis.hgetall(keys.worker(name))))
  return hashes.flatMap((hash, index) => {
    const name = names[index]
    if (!name || !hash.startedAt) return []
    const at = (field: string) => new Date(Number(hash[field])).toISOString()
    const state = !live.includes(name) ? 'dead' : stalled.includes(name) ? 'stalled' : 'working'
    return [
      {
        name,
        state,
        startedAt: at('startedAt'),
        lastProgressAt: at('lastProgressAt'),
        inFlight: Number(hash.inFlight),
        rssBytes: Number(hash.rssBytes),
      },
    ]
  })
}
