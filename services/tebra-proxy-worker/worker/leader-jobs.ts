import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { createLock, type Hold } from '#lib/redis/lock.ts'
import { group } from '../queue/deliveries.ts'
import { loadQueueScript } from '../queue/load-queue-script.ts'
import type { RequestQueue } from '../queue/request-queue.ts'

const sweepScript = loadQueueScript<[next: number, back: string[], missed: number]>('sweep')
const tidyScript = loadQueueScript<number>('tidy-consumers')
const releaseScript = loadQueueScript<number>('release')

const sweptAtOnce = 500
/** Longer than any worker is stopped and comes back under its name. */
const defaultSilentMs = 3_600_000

/** What a look through the requests that have been open for long brought to light; `clean` after all were looked at. */
export interface Swept {
  readonly back: readonly string[]
  readonly missed: number
  readonly clean: boolean
}

/**
 * What one worker does for all in a partition: the mover, the sweep for lost requests, and tidying up. Each step is
 * void unless the worker still leads, so one that was stopped and wakes up changes nothing.
 */
export function createLeaderJobs(deps: {
  redis: RedisClient
  keys: QueueKeys
  worker: string
  queue: Pick<RequestQueue, 'moveDue'>
  leaseMs: number
  /** How long a request is left alone before it is looked for; well above the lease. */
  patienceMs: number
  isStopped: (practiceId: string) => Promise<boolean>
  /** How long a consumer without requests is kept. */
  silentMs?: number
}) {
  const { redis, keys, queue, silentMs = defaultSilentMs } = deps
  const lock = createLock({ redis, key: keys.leader, owner: deps.worker, heldMs: deps.leaseMs })
  let hold: Hold | undefined
  let from = 0
  let found = 0

  return {
    /** Leads, or goes on leading, or does not; to be repeated well within the lease. */
    async lead(): Promise<void> {
      hold = await lock.take()
      if (!hold) from = 0
    },

    async move(): Promise<void> {
      if (hold) await queue.moveDue(hold)
    },

    async sweep(): Promise<Swept | undefined> {
      if (!hold) return undefined
      if (from === 0) found = 0
      const [next, back, missed] = await sweepScript(
        redis,
        [keys.requests, keys.open, keys.delayed, keys.status, keys.leader, keys.held],
        [hold.fence, keys.request(''), deps.patienceMs, from, sweptAtOnce],
      )
      if (next < 0) return undefined
      from = next
      found += back.length + missed
      return { back, missed, clean: next === 0 && found === 0 }
    },

    /** Lets the lines go on that were held for an account which is no longer stopped; removes dead consumers. */
    async tidy(): Promise<void> {
      const leading = hold
      if (!leading) return
      await tidyScript(redis, [keys.requests, keys.leader], [group, leading.fence, silentMs])
      for (const practiceId of await redis.smembers(keys.held))
        if (!(await deps.isStopped(practiceId)))
          await releaseScript(
            redis,
            [keys.practiceQueue(practiceId), keys.requests, keys.held, keys.leader],
            [practiceId, leading.fence],
          )
    },

    async resign(): Promise<void> {
      hold = undefined
      await lock.free()
    },
  }
}

export type LeaderJobs = ReturnType<typeof createLeaderJobs>
