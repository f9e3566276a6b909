import { readUserPermissions } from '#lib/http/user-permissions.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { shareInFlight } from '#lib/resilience/share-in-flight.ts'
import { createApp } from './app.ts'
import type { TebraProxyWorkerConfig } from './config.ts'
import { createConfirmDurable } from './intake/confirm-durable.ts'
import { createRequestDesk } from './intake/request-desk.ts'
import { createPhpUpstream } from './upstream/php/php-upstream.ts'
import { createSoapUpstream } from './upstream/soap/soap-upstream.ts'
import { learnIntervals } from './worker/learn-intervals.ts'
import { createRateLimiter } from './worker/rate-limiter.ts'
import { startWorker } from './worker/start-worker.ts'

const workerSilentMaxMs = 10_000

/** The whole service over its ground: the intake's routes, the worker's loop, or both, by `ROLE`. */
export async function createTebraProxyWorker(
  ground: ServiceGround,
  config: TebraProxyWorkerConfig,
  options: { random: () => number; consumer: string; rssBytes: () => number },
) {
  const { redis, now } = ground
  const credentialsOf = (practiceId: string) => config.TEBRA_ACCOUNTS[practiceId]
  /** Practices that share a Tebra account share its limits. The key is a name of ours, never the customer key. */
  const accountOf = (practiceId: string) => {
    const key = credentialsOf(practiceId)?.customerKey
    const first = Object.entries(config.TEBRA_ACCOUNTS).find(([, account]) => account.customerKey === key)
    return first?.[0] ?? practiceId
  }
  const limiter = createRateLimiter({ redis, marginMs: config.LIMITER_MARGIN_MS })
  const createUpstream = config.TEBRA_UPSTREAM === 'soap' ? createSoapUpstream : createPhpUpstream
  const upstream = createUpstream({
    fetch,
    clock: { now },
    admit: (operation, { practiceId, signal }) => limiter.admit(accountOf(practiceId), operation, signal),
    endpoint: new URL(config.TEBRA_URL),
    credentialsOf,
    timeoutMs: config.TEBRA_TIMEOUT_MS,
    answerBytesMax: config.TEBRA_ANSWER_BYTES_MAX,
  })

  const worker =
    config.ROLE === 'intake'
      ? undefined
      : await startWorker(ground, config, {
          ...options,
          upstream,
          permissionsOf: shareInFlight((practiceId: string, userId: string) =>
            readUserPermissions(redis, practiceId, userId),
          ),

          pause: (practiceId, operation, ms) => limiter.pause(accountOf(practiceId), operation, ms),
        })

  if (worker) {
    const accounts = new Map(Object.keys(config.TEBRA_ACCOUNTS).map((id) => [accountOf(id), id]))
    void learnIntervals({ ...ground, upstream, limiter, accounts })
  }

  const confirmDurable = await createConfirmDurable(redis, config.DURABILITY)
  let draining = false
  const app = createApp({
    ...ground,
    bodyBytesMax: 64 * 1024,
    origins: config.PUBLIC_ORIGINS,
    ...(config.ROLE !== 'worker' && {
      intake: {
        ...ground,
        desk: createRequestDesk({
          redis,
          cipher: ground.cipher,
          laneKey: config.PHI_KEY,
          limits: {
            queueBytesMax: config.QUEUE_BYTES_MAX,
            retentionMs: config.RETENTION_MS,
            practiceShare: config.PRACTICE_SHARE,
          },
        }),
        confirmDurable,
        form: upstream.form,
        limiter,
        accountOf,
      },
    }),
    health: {
      ...ground,
      checks: {
        serving: () => !draining,
        redis: async () => (await redis.ping()) === 'PONG',
        ...(worker && { worker: () => worker.idleMs() < workerSilentMaxMs }),
      },
    },
  })

  return {
    app,
    /** Stops taking work up, ends or hands back what is in hand. */
    async close(): Promise<void> {
      draining = true
      await worker?.stop()
      disconnect(redis)
    },
  }
}
