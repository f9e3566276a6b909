import { createEventBus } from '#lib/bus/event-bus.ts'
import { readUserPermissions } from '#lib/http/user-permissions.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { takesWrites } from '#lib/redis/health.ts'
import { isPlaced } from '#lib/redis/partitions.ts'
import { shareInFlight } from '#lib/resilience/share-in-flight.ts'
import { createLogSink, createWebhookSink } from './alerts/alert-sinks.ts'
import { createBusSink } from './alerts/bus-sink.ts'
import { startWatch } from './alerts/start-watch.ts'
import { createApp } from './app.ts'
import type { TebraProxyWorkerConfig } from './config.ts'
import { openIntake } from './intake/open-intake.ts'
import { openTebraGround, type TebraGround } from './tebra-ground.ts'
import { learnIntervals } from './worker/learn-intervals.ts'
import { startWorker } from './worker/start-worker.ts'

const workerSilentMaxMs = 10_000

interface ProcessOptions {
  readonly random: () => number
  /** The process's name in the fleet. */
  readonly consumer: string
  readonly rssBytes: () => number
}

/** The whole service over its ground: the intake's routes, the worker's loop, or both, by `ROLE`. */
export async function createTebraProxyWorker(
  ground: ServiceGround,
  config: TebraProxyWorkerConfig,
  options: ProcessOptions,
) {
  const { redis } = ground
  const tebra = await openTebraGround(ground, config)
  const worker = config.ROLE === 'intake' ? undefined : await openWorker(ground, tebra, config, options)
  const watch = openWatch(ground, tebra, config, options.consumer)

  let draining = false
  const app = createApp({
    ...ground,
    bodyBytesMax: 64 * 1024,
    origins: config.PUBLIC_ORIGINS,
    ...(config.ROLE !== 'worker' && { intake: openIntake(ground, tebra, config) }),
    health: {
      ...ground,
      checks: {
        serving: () => !draining,
        redis: () => takesWrites(redis),
        partitions: () => isPlaced(redis, tebra.partitions),
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
      tebra.disconnect()
    },
  }
}

async function openWorker(
  ground: ServiceGround,
  tebra: TebraGround,
  config: TebraProxyWorkerConfig,
  options: ProcessOptions,
) {
  const { redis, logger } = ground
  const { accountOf, limiter, stops, practices } = tebra
  const worker = await startWorker(ground, config, {
    ...options,
    ...tebra,
    permissionsOf: shareInFlight((practiceId: string, userId: string) =>
      readUserPermissions(redis, practiceId, userId),
    ),
    pause: (practiceId, operation, ms) => limiter.pause(accountOf(practiceId), operation, ms),
    async stopAccount(practiceId) {
      const account = accountOf(practiceId)
      if (await stops.stop(account)) logger.warn({ account }, 'Tebra refused an account: it is stopped')
    },
  })
  const accounts = new Map(practices.map(({ practiceId, account }) => [account, practiceId]))
  void learnIntervals({ ...ground, ...tebra, accounts })
  return worker
}

function openWatch(
  ground: ServiceGround,
  tebra: TebraGround,
  config: TebraProxyWorkerConfig,
  name: string,
): ReturnType<typeof startWatch> {
  const { logger } = ground
  const url = config.ALERT_WEBHOOK_URL
  return startWatch({
    ...ground,
    ...tebra,
    name,
    leaseMs: config.LEASE_MS,
    sinks: [
      createLogSink(logger),
      createBusSink({
        bus: createEventBus({ ...ground, ...tebra }),
        practices: tebra.practices.map(({ practiceId }) => practiceId),
      }),
      ...(url === undefined ? [] : [createWebhookSink({ url, logger, fetch })]),
    ],
    thresholds: {
      queueAgeMs: config.QUEUE_AGE_ALERT_MS,
      queueDepth: config.QUEUE_DEPTH_ALERT,
      queueBytesMax: config.QUEUE_BYTES_MAX,
      stalledMs: config.STALLED_AFTER_MS,
    },
  })
}
