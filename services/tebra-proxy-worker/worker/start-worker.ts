import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { connectReader, connectSubscriber, disconnect, untilReady } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
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
import { createRunRequest } from './run-request.ts'
import { createWorkerLoop, type WorkerLoop } from './worker-loop.ts'

const blockMs = 1_000
/** A result up to this size goes through the event stream itself; a larger one by reference. */
export const inlineBytesMax = 256 * 1024

type RunDeps = Parameters<typeof createRunRequest>[0]

interface Options extends Pick<RunDeps, 'permissionsOf' | 'pause' | 'random'> {
  readonly partitions: Partitions
  readonly upstream: Upstream
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
  const inFlight = () => loops.reduce((sum, loop) => sum + loop.inFlight(), 0)
  const idleMs = () => Math.max(...loops.map((loop) => loop.idleMs()))

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
    })
    return createWorkerLoop({
      queue,
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
  const heartbeat = startHeartbeat({
    redis,
    name: consumer,
    now,
    vitals: () => ({ inFlight: inFlight(), idleMs: idleMs(), rssBytes: options.rssBytes() }),
    onError: warn('heartbeat failed'),
  })

  return {
    /** ms since the slowest of its loops last came round. */
    idleMs,
    async stop(): Promise<void> {
      await Promise.all(loops.map((loop) => loop.stop()))
      await Promise.all([
        breaker.stop(),
        heartbeat.stop().catch(warn('the heartbeat could not be taken back')),
      ])
      disconnect(subscriber)
    },
  }
}
