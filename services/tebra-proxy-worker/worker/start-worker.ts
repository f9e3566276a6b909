import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { connectReader, untilReady } from '#lib/redis/connect.ts'
import type { TebraProxyWorkerConfig } from '../config.ts'
import { createRequestQueue } from '../queue/request-queue.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { createBreaker } from './breaker.ts'
import { reportBreaker } from './breaker-report.ts'
import { createHandleRequest } from './handle-request.ts'
import { startHeartbeat } from './heartbeat.ts'
import { createRunRequest } from './run-request.ts'
import { createWorkerLoop } from './worker-loop.ts'

const blockMs = 1_000
/** A result up to this size goes through the event stream itself; a larger one by reference. */
const inlineBytesMax = 256 * 1024

type RunDeps = Parameters<typeof createRunRequest>[0]

interface Options extends Pick<RunDeps, 'permissionsOf' | 'pause' | 'random'> {
  readonly upstream: Upstream
  readonly consumer: string
  readonly rssBytes: () => number
}

/** Puts the worker together and starts it: queue, breaker, loop, heartbeat. */
export async function startWorker(ground: ServiceGround, config: TebraProxyWorkerConfig, options: Options) {
  const { redis, logger, now, metrics } = ground
  const { upstream, consumer } = options
  const warn = (message: string) => (err: unknown) => logger.warn({ err }, message)

  const reader = connectReader({ url: config.REDIS_URL, name: `${ground.service}-reader` }, blockMs, {
    onError: warn('redis connection trouble'),
  })
  await untilReady(reader)
  const queue = createRequestQueue({
    redis,
    consumer,
    limits: { retentionMs: config.RETENTION_MS, inlineBytesMax },
  })
  const breaker = createBreaker({
    failures: config.BREAKER_FAILURES,
    halfOpenAfterMs: config.BREAKER_WAIT_MS,
    now,
    onChange: (state) => {
      logger.warn({ breaker: state }, 'circuit breaker changed')
      reportBreaker(redis, upstream.form, state, now()).catch(warn('breaker report failed'))
    },
  })

  const worked = metrics.counter('tebra_requests_total', 'Attempts by action and how they came out', [
    'action',
    'outcome',
  ])
  const loop = createWorkerLoop({
    queue,
    reader,
    consumer,
    breaker,
    logger,
    blockMs,
    concurrency: config.CONCURRENCY,
    leaseMs: config.LEASE_MS,
    handle: createHandleRequest({
      ...ground,
      queue,
      run: createRunRequest({ ...ground, ...options, queue, breaker, breakerWaitMs: config.BREAKER_WAIT_MS }),
      onOutcome: ({ action }, { kind }) => worked.inc({ action, outcome: kind }),
    }),
  })
  metrics.gauge('tebra_requests_in_flight', 'Requests this worker has in hand', loop.inFlight)

  loop.start()
  const heartbeat = startHeartbeat({
    redis,
    name: consumer,
    now,
    vitals: () => ({ inFlight: loop.inFlight(), idleMs: loop.idleMs(), rssBytes: options.rssBytes() }),
    onError: warn('heartbeat failed'),
  })

  return {
    idleMs: loop.idleMs,
    async stop(): Promise<void> {
      await loop.stop()
      await heartbeat.stop().catch(warn('the heartbeat could not be taken back'))
    },
  }
}
