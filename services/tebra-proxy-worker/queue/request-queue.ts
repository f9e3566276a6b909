import type { RequestError } from '#lib/contract/requests.ts'
import { createBatch } from '#lib/redis/batch.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Hold } from '#lib/redis/lock.ts'
import { type ClaimedRequest, toClaimed, type Unsettled } from './claimed-request.ts'
import { type Delivery, group, readDeliveries, type StreamEntry, toDeliveries } from './deliveries.ts'
import { loadQueueScript } from './load-queue-script.ts'

export interface RequestEnd {
  readonly status: EndStatus
  readonly sealed?: string
  readonly error?: RequestError
  /** Where the result came from, as JSON (`AnswerMeta`). */
  readonly meta?: string
}

export type EndStatus = 'success' | 'error' | 'dead' | 'uncertain'
export type Fenced = 'done' | 'already' | 'fenced'

export interface QueueLimits {
  readonly retentionMs: number
  readonly inlineBytesMax: number
}

const takeScript = loadQueueScript<string>('take', 'take-in-hand')
const claimScript = loadQueueScript<string>('claim', 'take-in-hand')
const beginScript = loadQueueScript<string>('begin-attempt')
const finishScript = loadQueueScript<string>('finish')
const postponeScript = loadQueueScript<Fenced>('postpone')
const moveScript = loadQueueScript<number>('move-due')
const renewScript = loadQueueScript<number[]>('renew')
const removeScript = loadQueueScript<number>('remove-consumer')
const holdScript = loadQueueScript<Fenced>('hold')

/** The worker's side of one partition: every step is one script, and each checks that the request is still ours. */
export function createRequestQueue(deps: {
  redis: RedisClient
  keys: QueueKeys
  consumer: string
  limits: QueueLimits
  /** Resolves when a record, as it stands now, survives what it must survive; without it memory is enough. */
  confirmDurable?: (record: string) => Promise<void>
  /** Told how many entries were deleted while a worker had them in hand: nothing but an accident does that. */
  onLost?: (entries: number) => void
}) {
  const { redis, keys, consumer, limits } = deps

  const beginBatch = createBatch(async (requests: readonly ClaimedRequest[]) =>
    toNumbers(
      await beginScript(
        redis,
        requests.map(({ id }) => keys.request(id)),
        requests.map(({ fence }) => fence),
      ),
    ),
  )

  const finishBatch = createBatch(
    async (ended: readonly { request: ClaimedRequest; end: RequestEnd }[]): Promise<(Fenced | Error)[]> => {
      const records = ended.map(({ request }) => keys.request(request.id))
      const fixed = [keys.requests, keys.status, keys.responses, keys.bytes, keys.open, ...records]
      const lists: string[] = []
      const items = ended.map(({ request, end }) => [
        ...[request.id, String(request.fence), request.entry],
        ...[end.status, end.sealed ?? '', end.error ? JSON.stringify(end.error) : '', end.meta ?? ''],
        end.status === 'dead' || end.status === 'uncertain'
          ? fixed.length + lists.push(keys.dead(request.practiceId))
          : 0,
      ])
      const reply = await finishScript(
        redis,
        [...fixed, ...lists],
        [group, limits.retentionMs, limits.inlineBytesMax, JSON.stringify(items)],
      )
      return (JSON.parse(reply) as string[]).map(toFenced)
    },
  )

  return {
    /** Makes stream and group where they are missing; at 0, so that nothing queued before is passed over. */
    async ensureGroup(): Promise<void> {
      try {
        await redis.xgroup('CREATE', keys.requests, group, '0', 'MKSTREAM')
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
      }
    },

    /** Entries that nobody was given yet, at most `count`, claimed as they are read; none is waited for. */
    take: async (count: number): Promise<ClaimedRequest[]> =>
      toClaimed(
        await takeScript(redis, [keys.requests, keys.status], [group, consumer, count, keys.request('')]),
      ),

    async claim(deliveries: readonly Delivery[]): Promise<ClaimedRequest[]> {
      if (deliveries.length === 0) return []
      return toClaimed(
        await claimScript(
          redis,
          [keys.requests, keys.status, ...deliveries.map(({ id }) => keys.request(id))],
          [group, consumer, ...deliveries.flatMap(({ entry, id }) => [entry, id])],
        ),
      )
    },

    /**
     * The attempt's number, or 0 when the request was cancelled or taken over. Rejects where the written intent is
     * not as durable as configured: a failover that forgets it would let the call be made a second time.
     */
    async beginAttempt(request: ClaimedRequest): Promise<number> {
      const attempt = await beginBatch(request)
      if (attempt > 0) await deps.confirmDurable?.(keys.request(request.id))
      return attempt
    },

    finish: (request: ClaimedRequest, end: RequestEnd): Promise<Fenced> => finishBatch({ request, end }),

    /**
     * Puts the request aside for `delayMs`. `burned: false` gives a begun attempt back, `unsettled` lets the next worker
     * know that what became of it must be found out first, and whether it has been looked for.
     */
    postpone(
      request: ClaimedRequest,
      wait: { delayMs: number; reason: string; burned: boolean; unsettled?: Unsettled },
    ): Promise<Fenced> {
      return postponeScript(
        redis,
        [keys.request(request.id), keys.requests, keys.status, keys.delayed],
        [
          request.id,
          request.fence,
          group,
          request.entry,
          Math.round(wait.delayMs),
          wait.reason,
          wait.burned ? 0 : 1,
          wait.unsettled ?? '',
        ],
      )
    },

    /** Gives the request back to its practice's line, which is held until its account is let in again. */
    hold: (request: ClaimedRequest, unsettled: boolean): Promise<Fenced> =>
      holdScript(
        redis,
        [keys.request(request.id), keys.requests, keys.status, keys.held],
        [request.id, request.fence, group, request.entry, unsettled ? 1 : 0],
      ),

    /** What is due comes back into the queue; under a hold only while it is the leader's. */
    moveDue: (leader?: Hold): Promise<number> =>
      moveScript(
        redis,
        [keys.delayed, ...(leader ? [leader.lock] : [])],
        [100, keys.request(''), ...(leader ? [leader.fence] : [])],
      ),

    /** Keeps the requests ours; answers those that another worker has taken over. */
    async renew(held: readonly ClaimedRequest[]): Promise<ClaimedRequest[]> {
      if (held.length === 0) return []
      const reply = await renewScript(
        redis,
        [keys.requests, ...held.map(({ id }) => keys.request(id))],
        [group, consumer, ...held.flatMap(({ entry, fence }) => [entry, fence])],
      )
      return held.filter((_, index) => reply[index] !== 1)
    },

    /** Entries whose worker has not renewed them for `idleMs`, now delivered to us. */
    async reclaim(idleMs: number, count: number): Promise<Delivery[]> {
      const reply = await redis.xautoclaim(keys.requests, group, consumer, idleMs, '0', 'COUNT', count)
      const [, entries, deleted] = reply as [string, StreamEntry[], string[]?]
      if (deleted && deleted.length > 0) deps.onLost?.(deleted.length)
      return toDeliveries(entries)
    },

    /** Entries delivered to this consumer whose reply may have been lost on the way. */
    async ownPending(): Promise<Delivery[]> {
      const reply = await redis.xreadgroup('GROUP', group, consumer, 'STREAMS', keys.requests, '0')
      return readDeliveries(reply)
    },

    removeConsumer: async (): Promise<boolean> =>
      (await removeScript(redis, [keys.requests], [group, consumer])) === 1,
  }
}

export type RequestQueue = ReturnType<typeof createRequestQueue>

const toNumbers = (reply: string): number[] => reply.split(' ').map(Number)

const toFenced = (reply: string): Fenced | Error =>
  reply.startsWith('failed: ') ? new Error(reply.slice('failed: '.length)) : (reply as Fenced)
