import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { connectReader, connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { createLock } from '#lib/redis/lock.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import type { AccountStops } from '../accounts/account-stops.ts'
import { createProbeAccounts } from '../accounts/probe-accounts.ts'
import type { AlertBook } from '../alerts/alert-book.ts'
import { repeatPatiently } from '../alerts/repeat-patiently.ts'
import { createFleetBreaker } from '../breaker/fleet-breaker.ts'
import type { AnswerCache } from '../cache/answer-cache.ts'
import { createNoteWrite } from '../cache/note-write.ts'
import type { NameRead } from '../cache/read-name.ts'
import { createTakeReadTurn } from '../cache/read-turns.ts'
import type { TebraProxyWorkerConfig } from '../config.ts'
import type { ConfirmDurable } from '../intake/confirm-durable.ts'
import { createRequestQueue } from '../queue/request-queue.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { createHandleRequest } from './handle-request.ts'
import { startHeartbeat } from './heartbeat.ts'
import { createLeaderJobs } from './leader-jobs.ts'
import { createRunRequest } from './run-request.ts'
import { createWorkerLoop, type WorkerLoop } from './worker-loop.ts'

const blockMs = 1_000
/** A result up to this size goes through the event stream itself; a larger one by reference. */
export const inlineBytesMax = 256 * 1024

type RunDeps = Parameters<typeof createRunRequest>[0]

interface Options extends Pick<RunDeps, 'permissionsOf' | 'pause' | 'random' | 'stopAccount'> {
  readonly partitions: Partitions
  readonly upstream: Upstream
  /** The same upstream, whose calls are admitted although the account is stopped. */
  readonly tryingUpstream: Upstream
  readonly stops: AccountStops
  readonly accountOf: (practiceId: string) => string
  readonly book: AlertBook
  readonly cache: AnswerCache
  readonly nameRead: NameRead
  readonly confirmDurable: ConfirmDurable
  readonly consumer: string
  readonly rssBytes: () => number
}

/** Puts the worker together and starts it: breaker, a loop for each partition, heartbeat. */
export async function startWorker(ground: ServiceGround, config: TebraProxyWorkerConfig, options: Options) {
  const { redis, logger, now, metrics } = ground
  const { upstream, consumer } = options
  const warn = (message: string) => (err: unknown) => logger.warn({ err }, message)

  const subscriber = connectSubscriber(redisAt(config, `${ground.service}-breaker`), {
    onError: warn('redis connection trouble'),
  })
  const breaker = createFleetBreaker({
    redis,
    subscriber,
    form: upstream.form,
    worker: consumer,
    logger,
    now,
    failures: config.BREAKER_FAILURES,
    waitMs: config.BREAKER_WAIT_MS,
  })
  metrics.gauge('tebra_breaker_state', 'As this worker sees it: 0 closed, 1 half-open, 2 open', () =>
    ['closed', 'half-open', 'open'].indexOf(breaker.state),
  )

  const worked = metrics.counter('tebra_requests_total', 'Attempts by action and how they came out', [
    'action',
    'outcome',
  ])
  const takeReadTurn = createTakeReadTurn({ ...ground, ...options, leaseMs: config.LEASE_MS })
  const noteWrite = createNoteWrite(options.cache)
  // Each partition has its share of the places: its reader blocks, and cannot know what the others are about to take.
  const concurrency = Math.ceil(config.CONCURRENCY / options.partitions.count)
  const loops: WorkerLoop[] = []
  const lost = metrics.counter(
    'tebra_lost_entries_total',
    'Queue entries that were deleted, and requests put back',
    ['how'],
  )
  const patienceMs = 3 * config.LEASE_MS
  const tellLost = (subject: string, reason: string, stands: boolean): Promise<void> =>
    options.book
      .tell([{ kind: 'lost-entries', subject, reason, stands, standsMs: 3 * patienceMs }])
      .catch(warn('an alert could not be raised'))

  const inFlight = () => loops.reduce((sum, loop) => sum + loop.inFlight(), 0)
  const idleMs = () => Math.max(...loops.map((loop) => loop.idleMs()))
  const stuckMs = () => Math.max(...loops.map((loop) => loop.stuckMs()))

  const openLoop = async (keys: QueueKeys): Promise<WorkerLoop> => {
    const reader = connectReader(redisAt(config, `${ground.service}-reader`), blockMs, {
      onError: warn('redis connection trouble'),
    })
    await untilReady(reader)
    const queue = createRequestQueue({
      redis,
      keys,
      consumer,
      confirmDurable: options.confirmDurable,
      limits: { retentionMs: config.RETENTION_MS, inlineBytesMax },
      onLost: (entries) => {
        lost.inc({ how: 'deleted-in-hand' }, entries)
        logger.error({ stream: keys.requests, entries }, 'queue entries were deleted while a worker had them')
        void tellLost(keys.requests, 'deleted-in-hand', true)
      },
    })
    return createWorkerLoop({
      queue,
      jobs: createLeaderJobs({
        redis,
        keys,
        worker: consumer,
        queue,
        leaseMs: config.LEASE_MS,
        patienceMs,
        isStopped: async (practiceId) =>
          (await options.stops.read(options.accountOf(practiceId))) !== undefined,
      }),
      reaper: createLock({ redis, key: keys.reaper, owner: consumer, heldMs: config.LEASE_MS / 2 }),
      async onSwept({ back, clean }) {
        if (back.length > 0) {
          lost.inc({ how: 'put-back' }, back.length)
          logger.error({ stream: keys.requests, requests: back }, 'requests that were nowhere were put back')
          await tellLost(keys.requests, 'put-back', true)
        } else if (clean) await tellLost(keys.requests, 'put-back', false)
      },
      reader,
      requests: keys.requests,
      consumer,
      concurrency,
      room: (inHand) => Math.min(concurrency - inHand, breaker.room(inFlight(), config.CONCURRENCY)),
      logger,
      blockMs,
      leaseMs: config.LEASE_MS,
      handle: createHandleRequest({
        ...ground,
        queue,
        run: createRunRequest({
          ...ground,
          ...options,
          queue,
          breaker,
          breakerWaitMs: config.BREAKER_WAIT_MS,
          callMsMax: config.TEBRA_TIMEOUT_MS,
          leaseMs: config.LEASE_MS,
          takeReadTurn,
          noteWrite,
        }),
        onOutcome: ({ action }, { kind }) => worked.inc({ action, outcome: kind }),
      }),
    })
  }
  loops.push(...(await Promise.all(options.partitions.all.map(openLoop))))
  metrics.gauge('tebra_requests_in_flight', 'Requests this worker has in hand', inFlight)

  await breaker.start()
  for (const loop of loops) loop.start()
  const startedAt = performance.now()
  const heartbeat = startHeartbeat({
    redis,
    name: consumer,
    leaseMs: config.LEASE_MS,
    vitals: () => ({
      inFlight: inFlight(),
      upMs: performance.now() - startedAt,
      idleMs: stuckMs(),
      rssBytes: options.rssBytes(),
    }),
    onError: warn('heartbeat failed'),
  })
  const stopping = new AbortController()
  void repeatPatiently(
    createProbeAccounts({ stops: options.stops, upstream: options.tryingUpstream, breaker, logger }),
    {
      everyMs: Math.min(1_000, config.LEASE_MS),
      waitMsMax: config.LEASE_MS,
      signal: stopping.signal,
      onFailure: warn('stopped accounts could not be tried'),
    },
  )

  return {
    /** ms since the slowest of its loops last came round. */
    idleMs,
    /** ms since the slowest of its loops last took, ended, or vainly looked for a request. */
    stuckMs,
    async stop(): Promise<void> {
      stopping.abort()
      await Promise.all(loops.map((loop) => loop.stop()))
      await Promise.all([
        breaker.stop(),
        heartbeat.stop().catch(warn('the heartbeat could not be taken back')),
      ])
      disconnect(subscriber)
    },
  }
}
