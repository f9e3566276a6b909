import { setTimeout as pause } from 'node:timers/promises'
import { PracticeId } from '#lib/contract/ids.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { isRedisUnavailable } from '#lib/redis/unavailable.ts'
import type { SessionStore } from './session-store.ts'

/** How long one read waits for an entry, in ms. */
export const touchBlockMs = 2_000
const group = 'appliers'
/** One name for all replicas: without acknowledgements a consumer owns nothing, and names would pile up. */
const consumer = 'auth-session'
const batchMax = 500
const longestPauseMs = 1_000
/** A blocked read answers at least every 2 s, a silent Redis is given up after 5 s. */
const staleAfterMs = 10_000

export interface Touches {
  /** Whether the stream was read in the last 10 s. */
  healthy(): boolean
  stop(): Promise<void>
}

type Touch = [practiceId: string, tokenHash: string, at: number]
type Batch = [stream: string, entries: [id: string, fields: string[]][]][] | null

/**
 * Applies the activity that the three services report, until stopped. Entries are not acknowledged: a touch lost
 * with a crash is made good by the next one; what was read when Redis went away is applied when it is back. `reader` is
 * this loop's own connection.
 */
export function applyTouches(deps: {
  redis: RedisClient
  reader: RedisClient
  sessions: Pick<SessionStore, 'touch'>
  logger: Logger
  now: () => number
}): Touches {
  const { redis, reader, logger, now } = deps
  const stopping = new AbortController()
  const { signal } = stopping
  let lastReadAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let reading = false
  let unapplied: readonly Touch[] = []

  const apply = async (touches: readonly Touch[]): Promise<void> => {
    unapplied = touches
    await Promise.all(touches.map((touch) => deps.sessions.touch(...touch)))
    unapplied = []
  }

  const step = async (): Promise<void> => {
    await apply(unapplied)
    const batch = (await reader.xreadgroup(
      'GROUP',
      group,
      consumer,
      'COUNT',
      batchMax,
      'BLOCK',
      // The first read after a start or a failure answers at once, so that readiness does not wait for activity.
      reading ? touchBlockMs : 1,
      'NOACK',
      'STREAMS',
      sessionKeys.touches,
      '>',
    )) as Batch
    lastReadAt = now()
    reading = true
    await apply(newest(batch))
    if (failures > 0) logger.info({ failures }, 'touches are applied again')
    failures = 0
  }

  const recover = async (error: unknown): Promise<void> => {
    const message = messageOf(error)
    if (message.startsWith('NOGROUP') && (await createGroup(redis))) return
    failures += 1
    if (failures === 1) logger.warn({ err: error }, 'touches are not applied')
    // A peer that went silent leaves the connection looking open; only a new one tells.
    if (message.includes('timed out')) reader.disconnect(true)
    await pause(Math.min(50 * 2 ** Math.min(failures, 6), longestPauseMs), undefined, { signal })
  }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await step()
      } catch (error) {
        if (signal.aborted) return
        reading = false
        if (!isRedisUnavailable(error)) unapplied = []
        // Rejects only when a stop interrupts the pause.
        await recover(error).catch(() => undefined)
      }
    }
  }
  const running = run()

  return {
    healthy: () => now() - lastReadAt < staleAfterMs,
    async stop() {
      stopping.abort()
      reader.disconnect()
      await running
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '')

/**
 * True when there is a group now, ours or another replica's. It reads from the stream's beginning, so that one made
 * anew after a loss misses nothing; old touches do no harm.
 */
const createGroup = (redis: RedisClient): Promise<boolean> =>
  redis.xgroup('CREATE', sessionKeys.touches, group, '0', 'MKSTREAM').then(
    () => true,
    (error: unknown) => messageOf(error).startsWith('BUSYGROUP'),
  )

/** One touch a session, the newest; entries that are no touches are left out. */
function newest(batch: Batch): Touch[] {
  const touches = new Map<string, Touch>()
  for (const [id, fields] of batch?.[0]?.[1] ?? []) {
    const [, practiceId = '', , tokenHash = ''] = fields
    if (!PracticeId.safeParse(practiceId).success || !/^[0-9a-f]{64}$/.test(tokenHash)) continue
    touches.set(`${practiceId} ${tokenHash}`, [practiceId, tokenHash, Number(id.split('-')[0])])
  }
  return [...touches.values()]
}
