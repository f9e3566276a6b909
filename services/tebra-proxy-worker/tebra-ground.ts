import { ConfigError } from '#lib/config/read-config.ts'
import { refusePlainHttp } from '#lib/config/trustworthy-url.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { createAccountStops } from './accounts/account-stops.ts'
import { createAlertBook } from './alerts/alert-book.ts'
import { createOpenAlertsGauge } from './alerts/open-alerts-gauge.ts'
import { createAnswerCache } from './cache/answer-cache.ts'
import { createNameRead } from './cache/read-name.ts'
import type { TebraProxyWorkerConfig } from './config.ts'
import { createConfirmDurable } from './intake/confirm-durable.ts'
import { createPhpUpstream } from './upstream/php/php-upstream.ts'
import { createSoapUpstream } from './upstream/soap/soap-upstream.ts'
import { createRateLimiter } from './worker/rate-limiter.ts'

/** A month of appointments is some 300 KiB sealed; a practice's cache is a day's work of its front desk. */
const cacheLimits = { entryBytesMax: 2 * 1024 * 1024, practiceBytesMax: 16 * 1024 * 1024 }

/** What intake and worker share beside the ground of every service: the accounts, the upstream, the cache, the alerts. */
export async function openTebraGround(ground: ServiceGround, config: TebraProxyWorkerConfig) {
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
  const createUpstream = config.TEBRA_UPSTREAM === 'soap' ? createSoapUpstream : createPhpUpstream
  /** `probe`: its calls are admitted although the account is stopped. */
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

  const reads = metrics.counter('tebra_cache_reads_total', 'Reads by what the cache had for them', [
    'action',
    'outcome',
  ])
  // A connection of its own: the wait for a replica or a disk holds up what comes behind it.
  const waits =
    config.DURABILITY === 'memory'
      ? redis
      : connectCommands(redisAt(config, `${ground.service}-waits`), {
          onError: (err) => logger.warn({ err }, 'redis connection trouble'),
        })
  await untilReady(waits)

  const book = createAlertBook({ redis })
  metrics.registry.registerMetric(createOpenAlertsGauge(book))

  return {
    partitions,
    limiter,
    accountOf,
    /** Each practice, and the name of its Tebra account. */
    practices: Object.keys(config.TEBRA_ACCOUNTS).map((practiceId) => ({
      practiceId,
      account: accountOf(practiceId),
    })),
    stops: createAccountStops({ redis, partitions, probeMs: config.CREDENTIALS_PROBE_MS }),
    upstream,
    tryingUpstream: openUpstream(true),
    cache: createAnswerCache({
      ...ground,
      partitions,
      limits: cacheLimits,
      onRead: (action, outcome) => reads.inc({ action, outcome }),
    }),
    nameRead: createNameRead({
      partitions,
      key: config.PHI_KEY,
      form: upstream.form,
      accountOf: credentialsOf,
      now,
    }),
    confirmDurable: await createConfirmDurable(waits, config.DURABILITY),
    book,
    disconnect: () => disconnect(redis, waits),
  }
}

export type TebraGround = Awaited<ReturnType<typeof openTebraGround>>
