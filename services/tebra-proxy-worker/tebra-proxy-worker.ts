import { createEventBus } from '#lib/bus/event-bus.ts'
import { ConfigError } from '#lib/config/read-config.ts'
import { refusePlainHttp } from '#lib/config/trustworthy-url.ts'
import { readUserPermissions } from '#lib/http/user-permissions.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { takesWrites } from '#lib/redis/health.ts'
import { createPartitions, isPlaced } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { shareInFlight } from '#lib/resilience/share-in-flight.ts'
import { createAccountStops } from './accounts/account-stops.ts'
import { createAlertBook } from './alerts/alert-book.ts'
import { createLogSink, createWebhookSink } from './alerts/alert-sinks.ts'
import { createBusSink } from './alerts/bus-sink.ts'
import { createOpenAlertsGauge } from './alerts/open-alerts-gauge.ts'
import { startWatch } from './alerts/start-watch.ts'
import { createApp } from './app.ts'
import { readBreaker } from './breaker/shared-state.ts'
import { createAnswerAtIntake } from './cache/answer-at-intake.ts'
import { createAnswerCache } from './cache/answer-cache.ts'
import { createNameRead } from './cache/read-name.ts'
import type { TebraProxyWorkerConfig } from './config.ts'
import { createConfirmDurable } from './intake/confirm-durable.ts'
import { createRequestDesk } from './intake/request-desk.ts'
import { createPhpUpstream } from './upstream/php/php-upstream.ts'
import { createSoapUpstream } from './upstream/soap/soap-upstream.ts'
import { learnIntervals } from './worker/learn-intervals.ts'
import { createRateLimiter } from './worker/rate-limiter.ts'
import { inlineBytesMax, startWorker } from './worker/start-worker.ts'

const workerSilentMaxMs = 10_000
/** A month of appointments is some 300 KiB sealed; a practice's cache is a day's work of its front desk. */
const cacheLimits = { entryBytesMax: 2 * 1024 * 1024, practiceBytesMax: 16 * 1024 * 1024 }

/** The whole service over its ground: the intake's routes, the worker's loop, or both, by `ROLE`. */
export async function createTebraProxyWorker(
  ground: ServiceGround,
  config: TebraProxyWorkerConfig,
  options: { random: () => number; consumer: string; rssBytes: () => number },
) {
  const { redis, now, logger, metrics } = ground
  if (config.ENVIRONMENT === 'production' && config.DURABILITY === 'memory')
    throw new ConfigError(
      'DURABILITY=memory is unfit for production: a crash of Redis loses accepted requests. Choose aof or replica.',
    )
  const { TEBRA_URL, ALERT_WEBHOOK_URL } = config
  refusePlainHttp(config.ENVIRONMENT, { TEBRA_URL, ALERT_WEBHOOK_URL })
  const credentialsOf = (practiceId: string) => config.TEBRA_ACCOUNTS[practiceId]
  /** Practices that share a Tebra account share its limits. The key is a name of ours, never the customer key. */
  const accountOf = (practiceId: string) => {
    const key = credentialsOf(practiceId)?.customerKey
    const first = Object.entries(config.TEBRA_ACCOUNTS).find(([, account]) => account.customerKey === key)
    return first?.[0] ?? practiceId
  }
  const partitions = createPartitions(config.QUEUE_PARTITIONS)
  const limiter = createRateLimiter({ redis, partitions, marginMs: config.LIMITER_MARGIN_MS })
  const stops = createAccountStops({ redis, partitions, probeMs: config.CREDENTIALS_PROBE_MS })
  const createUpstream = config.TEBRA_UPSTREAM === 'soap' ? createSoapUpstream : createPhpUpstream
  const openUpstream = (probe: boolean) =>
    createUpstream({
      fetch,
      clock: { now },
      async admit(operation, { practiceId, signal, onAdmitted }) {
        await limiter.admit(accountOf(practiceId), operation, signal, { probe })
        await onAdmitted?.()
      },
      endpoint: new URL(config.TEBRA_URL),
      credentialsOf,
      timeoutMs: config.TEBRA_TIMEOUT_MS,
      answerBytesMax: config.TEBRA_ANSWER_BYTES_MAX,
    })
  const upstream = openUpstream(false)

  const form = upstream.form
  const reads = metrics.counter('tebra_cache_reads_total', 'Reads by what the cache had for them', [
    'action',
    'outcome',
  ])
  const cache = createAnswerCache({
    ...ground,
    partitions,
    limits: cacheLimits,
    onRead: (action, outcome) => reads.inc({ action, outcome }),
  })
  const nameRead = createNameRead({ partitions, key: config.PHI_KEY, form, accountOf: credentialsOf, now })

  // A connection of its own: the wait for a replica or a disk holds up what comes behind it.
  const waits =
    config.DURABILITY === 'memory'
      ? redis
      : connectCommands(redisAt(config, `${ground.service}-waits`), {
          onError: (err) => ground.logger.warn({ err }, 'redis connection trouble'),
        })
  await untilReady(waits)
  const confirmDurable = await createConfirmDurable(waits, config.DURABILITY)

  const book = createAlertBook({ redis })
  metrics.registry.registerMetric(createOpenAlertsGauge(book))
  const practices = Object.keys(config.TEBRA_ACCOUNTS).map((practiceId) => ({
    practiceId,
    account: accountOf(practiceId),
  }))

  const worker =
    config.ROLE === 'intake'
      ? undefined
      : await startWorker(ground, config, {
          ...options,
          partitions,
          upstream,
          tryingUpstream: openUpstream(true),
          stops,
          accountOf,
          book,
          cache,
          nameRead,
          confirmDurable,
          permissionsOf: shareInFlight((practiceId: string, userId: string) =>
            readUserPermissions(redis, practiceId, userId),
          ),
          pause: (practiceId, operation, ms) => limiter.pause(accountOf(practiceId), operation, ms),
          async stopAccount(practiceId) {
            const account = accountOf(practiceId)
            if (await stops.stop(account)) logger.warn({ account }, 'Tebra refused an account: it is stopped')
          },
        })

  const watch = startWatch({
    ...ground,
    partitions,
    book,
    practices,
    name: options.consumer,
    leaseMs: config.LEASE_MS,
    sinks: [
      createLogSink(logger),
      createBusSink({
        bus: createEventBus({ ...ground, partitions }),
        practices: practices.map(({ practiceId }) => practiceId),
      }),
      ...(config.ALERT_WEBHOOK_URL === undefined
        ? []
        : [createWebhookSink({ url: config.ALERT_WEBHOOK_URL, logger, fetch })]),
    ],
    thresholds: {
      queueAgeMs: config.QUEUE_AGE_ALERT_MS,
      queueDepth: config.QUEUE_DEPTH_ALERT,
      queueBytesMax: config.QUEUE_BYTES_MAX,
      stalledMs: config.STALLED_AFTER_MS,
    },
  })

  if (worker) {
    const accounts = new Map(practices.map(({ practiceId, account }) => [account, practiceId]))
    void learnIntervals({ ...ground, partitions, upstream, limiter, accounts })
  }

  let draining = false
  const app = createApp({
    ...ground,
    bodyBytesMax: 64 * 1024,
    origins: config.PUBLIC_ORIGINS,
    ...(config.ROLE !== 'worker' && {
      intake: {
        ...ground,
        partitions,
        desk: createRequestDesk({
          redis,
          partitions,
          cipher: ground.cipher,
          laneKey: config.PHI_KEY,
          limits: {
            queueBytesMax: config.QUEUE_BYTES_MAX,
            retentionMs: config.RETENTION_MS,
            practiceShare: config.PRACTICE_SHARE,
          },
        }),
        answerFromCache: createAnswerAtIntake({
          ...ground,
          partitions,
          cache,
          nameRead,
          form,
          breaker: () => readBreaker(redis, form),
          probeEveryMs: config.BREAKER_WAIT_MS,
          limits: { retentionMs: config.RETENTION_MS, inlineBytesMax },
        }),
        confirmDurable: (practiceId, ...ids) => confirmDurable(...ids.map(partitions.of(practiceId).request)),
        form,
        limiter,
        accountOf,
        book,
        stops,
        practices: practices.map(({ practiceId }) => practiceId),
        operatorPractice: config.OPERATOR_PRACTICE,
      },
    }),
    health: {
      ...ground,
      checks: {
        serving: () => !draining,
        redis: () => takesWrites(redis),
        partitions: () => isPlaced(redis, partitions),
        ...(worker && {
          worker: () => worker.idleMs() < workerSilentMaxMs && worker.stuckMs() < config.STALLED_AFTER_MS,
        }),
      },
    },
  })

  return {
    app,
    /** Stops taking work up, ends or hands back what is in hand. */
    async close(): Promise<void> {
      draining = true
      await Promise.all([worker?.stop(), watch.stop()])
      disconnect(redis, waits)
    },
  }
}
