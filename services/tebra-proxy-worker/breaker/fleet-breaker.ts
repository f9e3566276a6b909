import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels } from '#lib/redis/keys.ts'
import type { UpstreamForm } from '../upstream/upstream.ts'
import { attempt, conclude, type Verdict } from './attempt.ts'
import { type Breaker, UpstreamUnavailable } from './breaker.ts'
import { createLocalBreaker } from './local-breaker.ts'
import { createOneBeside } from './one-beside.ts'
import { createSharedState, type SharedState } from './shared-state.ts'
import { tellChange } from './tell-change.ts'

export interface FleetBreaker extends Breaker {
  start(): Promise<void>
  /** Gives back what others would wait for; the connections are the caller's to close. */
  stop(): Promise<void>
}

interface Deps {
  readonly redis: RedisClient
  /** A connection of its own that subscribes; without it only the polls tell. */
  readonly subscriber?: RedisClient
  readonly form: UpstreamForm
  /** The name under which this worker's heartbeat counts it. */
  readonly worker: string
  readonly logger: Logger
  readonly now: () => number
  readonly failures: number
  readonly waitMs: number
  readonly pollMs?: number
  readonly leaseMs?: number
}

/** The probe that is this worker's: it waits for a request, or is under way. */
interface Probe {
  readonly epoch: number
  begun: boolean
  readonly room: (inFlight: number) => number
}

/** Half of the second within which everybody learns of a change, message or not. */
const defaultPollMs = 500
/** A probe whose worker is silent this long is somebody else's. */
const defaultLeaseMs = 5_000
/** A report counts as long as its worker repeats it with every poll; two may be lost. */
const reportPolls = 3
/** Only a worker whose loop has asked for room lately takes the probe: another would sit on it. */
const askedWithinMs = 3_000

/**
 * One breaker for the whole fleet. Each worker has its own (local-breaker.ts) and reports it when it opens; Redis
 * decides for all, and only its word opens, probes and closes. While Redis is away the worker's own one decides; on
 * return the shared state wins. What an operator has forced holds also while Redis is away.
 */
export function createFleetBreaker(deps: Deps): FleetBreaker {
  const { logger, form, waitMs, now, subscriber } = deps
  const { pollMs = defaultPollMs, leaseMs = defaultLeaseMs } = deps
  const shared = createSharedState(deps)
  let seen: SharedState | undefined
  let away = false
  let probe: Probe | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let syncing: Promise<void> | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  const local = createLocalBreaker({
    ...deps,
    onChange: (state) => {
      logger.warn({ breaker: state }, 'this worker’s own circuit breaker changed')
      void sync()
    },
  })

  const learn = (next: SharedState): void => {
    const decided = next.state === 'closed' ? 'closed' : 'open'
    const isNew = seen ? next.epoch !== seen.epoch : decided === 'open'
    const disagrees = away && (local.state === 'closed') !== (decided === 'closed')
    if (isNew || disagrees) local.reset(decided)
    if (!next.mine) probe = undefined
    else if (probe?.epoch !== next.epoch) probe = { epoch: next.epoch, begun: false, room: createOneBeside() }
    if (away) logger.info({ breaker: next.state }, 'the shared circuit breaker decides again')
    away = false
    seen = next
    tellChange(logger, form, next)
  }

  /** Takes a step; what Redis cannot take is a step not taken: the worker's own breaker decides meanwhile. */
  const take = async (step: () => Promise<SharedState>): Promise<void> => {
    try {
      learn(await step())
    } catch (error) {
      if (!away) logger.warn({ err: error }, 'the shared circuit breaker is away, the own one decides')
      away = true
    }
  }

  const sync = (): Promise<void> => {
    const isAsked = now() - askedAt < askedWithinMs
    syncing ??= take(() =>
      shared.sync({
        failingIn: !away && seen && local.state !== 'closed' ? seen.epoch : undefined,
        keeps: probe && (probe.begun || isAsked) ? probe.epoch : undefined,
        wouldProbe: isAsked,
        reportMs: reportPolls * pollMs,
        waitMs,
        leaseMs,
      }),
    ).finally(() => {
      syncing = undefined
    })
    return syncing
  }
  /** A step that was taken after now; one that is on its way may have passed before the change. */
  const syncAfresh = async (): Promise<void> => {
    await syncing
    await sync()
  }

  const gate = (): 'own' | 'free' | 'probe' | 'shut' => {
    if (seen?.forced) return seen.forced === 'closed' ? 'free' : 'shut'
    if (!seen || away || seen.state === 'closed') return 'own'
    return probe && !probe.begun ? 'probe' : 'shut'
  }

  const settle = async (ended: Probe, verdict: Verdict): Promise<void> => {
    await take(() => shared.settle(ended.epoch, verdict, waitMs))
    if (!away) return
    // Not written down: renewed no longer, so that the fleet does not wait for a call that is over.
    if (probe === ended) probe = undefined
    if (verdict === 'well') local.reset('closed')
  }

  const breaker: FleetBreaker = {
    get state() {
      const at = gate()
      if (at === 'own') return local.state
      return at === 'free' ? 'closed' : (seen?.state ?? 'closed')
    },

    async call(run) {
      const at = gate()
      if (at === 'own') return local.call(run)
      if (at === 'free') return run(false)
      const mine = probe
      if (at === 'shut' || !mine) throw new UpstreamUnavailable('the circuit breaker is open for all workers')
      mine.begun = true
      // The lease may have lapsed since the last poll, and another may be probing: only Redis knows.
      await syncAfresh()
      if (away || probe !== mine) {
        mine.begun = false
        return breaker.call(run)
      }
      const tried = await attempt(() => run(true))
      await settle(mine, tried.verdict)
      return conclude(tried)
    },

    room(inFlight, concurrency) {
      askedAt = now()
      switch (gate()) {
        case 'own':
          return local.room(inFlight, concurrency)
        case 'free':
          return Math.max(0, concurrency - inFlight)
        case 'probe':
          return probe?.room(inFlight) ?? 0
        case 'shut':
          return 0
      }
    },

    async start() {
      await sync()
      timer = setInterval(() => void sync(), pollMs)
      subscriber?.on('message', (_channel, changedForm) => {
        if (changedForm === form) void syncAfresh()
      })
      // Not allowed to subscribe, or not connected yet: the polls tell all the same.
      subscriber?.subscribe(channels.breaker).catch((error: unknown) => {
        logger.warn({ err: error }, 'no messages about the circuit breaker, polling only')
      })
    },

    async stop() {
      clearInterval(timer)
      await syncing
      await take(shared.leave)
    },
  }
  return breaker
}
