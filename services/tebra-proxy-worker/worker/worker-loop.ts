import { setTimeout as sleep } from 'node:timers/promises'
import { actions } from '#lib/contract/actions.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Lock } from '#lib/redis/lock.ts'
import type { ClaimedRequest } from '../queue/claimed-request.ts'
import { type Delivery, readNew } from '../queue/deliveries.ts'
import type { RequestQueue } from '../queue/request-queue.ts'
import type { LeaderJobs, Swept } from './leader-jobs.ts'

interface Deps {
  readonly queue: RequestQueue
  readonly jobs: LeaderJobs
  /** Held by the worker that takes over what others left behind: by one that has room. */
  readonly reaper: Lock
  readonly onSwept: (swept: Swept) => Promise<void>
  /** A connection of the loop's own: its reads block. */
  readonly reader: RedisClient
  /** The partition's stream of requests. */
  readonly requests: string
  readonly consumer: string
  /** How many requests this loop may have in hand at once. */
  readonly concurrency: number
  /** How many more this loop may take up now, having so many in hand. */
  readonly room: (inHand: number) => number
  /** An entry whose worker has not renewed it for this long is taken over. */
  readonly leaseMs: number
  readonly blockMs: number
  readonly logger: Logger
  /** Works a request off and writes its outcome down; must not reject. */
  readonly handle: (request: ClaimedRequest, signal: AbortSignal) => Promise<void>
}

interface InFlight {
  readonly request: ClaimedRequest
  readonly abort: AbortController
  done: Promise<void>
}

const pollMs = 50
/** How long a nearly busy worker waits for more places, so that it reads a batch instead of one entry at a time. */
const gatherMs = 2
/** How many are claimed in one step: Redis does nothing else meanwhile. */
const claimMax = 100
const moveEveryMs = 200
const troubleMs = 500
const sweepEveryMsMax = 5_000
/** Of the 8 s a shutdown has, what running calls may take to come to their end. */
const finishWithinMs = 5_000
const abortedWithinMs = 500

/** Reads, claims and hands out one partition's requests; keeps their leases; takes over what dead workers left behind. */
export function createWorkerLoop(deps: Deps) {
  const { queue, reader, logger } = deps
  /** By entry: a request that was put aside may come again before what is still done with its last entry has ended. */
  const inFlight = new Map<string, InFlight>()
  const stopped = new AbortController()
  let mustDrainOwn = true
  let gathered = false
  /** More than one came at once: then it is not waited for the next, and what is there is claimed as it is read. */
  let busy = false
  /** Called when a place gets free, where the reader waits for one. */
  let onFreed = () => {}
  let lastReadAt = Number.NEGATIVE_INFINITY
  /** When a request was last taken, ended, or looked for in vain: what full hands that never come free do not do. */
  let lastProgressAt = performance.now()
  let loops: Promise<unknown> = Promise.resolve()

  /** A pause between two rounds, cut short when the worker stops. */
  const rest = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stopped.signal }).catch(() => {})

  const work = async ({ request, abort }: InFlight): Promise<void> => {
    try {
      await deps.handle(request, abort.signal)
    } finally {
      inFlight.delete(request.entry)
      onFreed()
    }
  }

  const launch = (requests: readonly ClaimedRequest[]): void => {
    for (const request of requests) {
      const held: InFlight = { request, abort: new AbortController(), done: Promise.resolve() }
      inFlight.set(request.entry, held)
      held.done = work(held)
    }
  }

  const claim = (deliveries: readonly Delivery[]): Promise<ClaimedRequest[]> =>
    queue.claim(deliveries.filter(({ entry }) => !inFlight.has(entry)))

  const next = async (count: number): Promise<ClaimedRequest[]> => {
    const taken = busy ? await queue.take(count) : []
    if (taken.length > 0) return taken
    return claim(await readNew(reader, deps.requests, deps.consumer, { count, blockMs: deps.blockMs }))
  }

  const read = async (): Promise<void> => {
    if (mustDrainOwn) {
      await queue.ensureGroup()
      launch(await claim(await queue.ownPending()))
      mustDrainOwn = false
    }
    const room = deps.room(inFlight.size)
    if (room === 0) {
      lastReadAt = performance.now()
      // The breaker or its ramp holds it back, not its own requests.
      if (inFlight.size < deps.concurrency) lastProgressAt = lastReadAt
      const freed = new Promise<void>((resolve) => {
        onFreed = resolve
      })
      return Promise.race([freed, rest(pollMs)])
    }
    if (room < Math.min(deps.concurrency / 4, claimMax) && inFlight.size > 0 && !gathered) {
      gathered = true
      return rest(gatherMs)
    }
    gathered = false
    const requests = await next(Math.min(room, claimMax))
    busy = requests.length > 1
    launch(requests)
    lastReadAt = performance.now()
    lastProgressAt = lastReadAt
  }

  const keepLeases = async (): Promise<void> => {
    const held = [...inFlight.values()]
    const taken = new Set(await queue.renew(held.map(({ request }) => request)))
    for (const { request, abort } of held) {
      if (!taken.has(request)) continue
      logger.warn({ request: request.id }, 'request was taken over by another worker')
      abort.abort(new Error('taken over'))
    }
    const room = deps.room(inFlight.size)
    if (room > 0 && (await deps.reaper.take())) launch(await claim(await queue.reclaim(deps.leaseMs, room)))
  }

  const sweep = async (): Promise<void> => {
    const swept = await deps.jobs.sweep()
    if (swept) await deps.onSwept(swept)
    await deps.jobs.tidy()
  }

  const repeat = async (what: string, everyMs: number, step: () => Promise<unknown>): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await step()
        if (everyMs > 0) await rest(everyMs)
      } catch (error) {
        if (stopped.signal.aborted) return
        // A lost reply leaves entries with us that we do not know of; and a group may be gone after a flush.
        mustDrainOwn = true
        logger.warn({ err: error, what }, 'queue trouble, trying again')
        if (what === 'read' && reader.status === 'ready') reader.disconnect(true)
        await rest(troubleMs)
      }
    }
  }

  const handBack = async (): Promise<void> => {
    for (const request of await claim(await queue.ownPending())) {
      // A write whose attempt began is not handed back blindly: whoever reclaims it reconciles first.
      if (request.intent === 'none' || actions[request.action].idempotent)
        await queue.postpone(request, { delayMs: 0, reason: 'handed-back', burned: true })
    }
    await queue.removeConsumer()
  }

  return {
    start(): void {
      loops = Promise.all([
        repeat('read', 0, read),
        repeat('lead', deps.leaseMs / 3, deps.jobs.lead),
        repeat('move', moveEveryMs, deps.jobs.move),
        repeat('sweep', Math.min(deps.leaseMs, sweepEveryMsMax), sweep),
        repeat('lease', deps.leaseMs / 3, keepLeases),
      ])
    },

    /** Takes nothing new, lets running calls end for 5 s, hands the rest back. */
    async stop(): Promise<void> {
      stopped.abort()
      reader.disconnect()
      const ending = Promise.all([...inFlight.values()].map(({ done }) => done))
      await Promise.race([ending, sleep(finishWithinMs)])
      for (const { abort } of inFlight.values()) abort.abort(new Error('shutting down'))
      await Promise.race([ending, sleep(abortedWithinMs)])
      await loops
      await Promise.all([deps.jobs.resign(), deps.reaper.free()]).catch((error: unknown) =>
        logger.warn({ err: error }, 'what this worker did for all could not be handed on'),
      )
      await handBack().catch((error: unknown) => logger.warn({ err: error }, 'handing back failed'))
    },

    inFlight: () => inFlight.size,
    /** ms since the loop last came round. */
    idleMs: () => performance.now() - lastReadAt,
    /** ms since it last came on; see `lastProgressAt`. */
    stuckMs: () => performance.now() - lastProgressAt,
  }
}

export type WorkerLoop = ReturnType<typeof createWorkerLoop>
