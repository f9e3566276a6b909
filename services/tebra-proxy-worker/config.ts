import { z } from 'zod'
import { bytes, CommonConfig, count, milliseconds, QueuePartitions } from '#lib/config/read-config.ts'
import { PracticeId } from '#lib/contract/ids.ts'

const timeZone = z.string().refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone), {
  message: 'must be an IANA time zone, e.g. America/New_York',
})

/** One practice's account; the keys of the whole map are practice ids. */
const TebraAccounts = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'must be JSON: {"<practice>": {"customerKey", "user", "password", "timeZone"}}',
      })
      return z.NEVER
    }
  })
  .pipe(
    z.record(
      PracticeId,
      z.strictObject({
        customerKey: z.string().min(1),
        user: z.string().min(1),
        password: z.string().min(1),
        practiceName: z.string().min(1).optional(),
        phpApiKey: z.string().min(1).optional(),
        timeZone,
      }),
    ),
  )

export const TebraProxyWorkerConfig = CommonConfig.extend({
  ROLE: z.enum(['intake', 'worker', 'both']).default('both').meta({
    description: 'intake takes requests over HTTP, worker works them off, both does both in one process',
  }),
  TEBRA_UPSTREAM: z
    .enum(['soap', 'php'])
    .default('soap')
    .meta({ description: 'which form of the upstream is called' }),
  TEBRA_URL: z
    .url({ protocol: /^https?$/, error: 'must be the URL of the SOAP service or of the PHP API' })
    .meta({
      description: 'where the upstream is',
    }),
  TEBRA_ACCOUNTS: TebraAccounts.meta({
    description: 'JSON: the Tebra account of each practice',
    secret: true,
  }),
  TEBRA_TIMEOUT_MS: milliseconds(20_000).meta({
    description: 'longest wait for one upstream call',
    unit: 'ms',
  }),
  TEBRA_ANSWER_BYTES_MAX: bytes(8 * 1024 * 1024).meta({
    description: 'largest upstream answer',
    unit: 'bytes',
  }),
  LIMITER_MARGIN_MS: milliseconds(250, 0).meta({
    description: 'added to each of the vendor’s intervals',
    unit: 'ms',
  }),
  CONCURRENCY: count(8).meta({ description: 'requests one worker has in hand at once' }),
  QUEUE_PARTITIONS: QueuePartitions,
  PRACTICE_SHARE: count(8).meta({
    description: 'requests of one practice in the queue at once; more wait in its own line',
  }),
  LEASE_MS: milliseconds(10_000, 300).meta({
    description: 'a request whose worker is silent this long is taken over',
    unit: 'ms',
  }),
  BREAKER_FAILURES: count(5).meta({ description: 'failed calls in a row that open the circuit breaker' }),
  BREAKER_WAIT_MS: milliseconds(10_000).meta({
    description: 'how long it stays open before a probe',
    unit: 'ms',
  }),
  CREDENTIALS_PROBE_MS: milliseconds(60_000).meta({
    description: 'an account that Tebra refused is tried again after this time, then ever later',
    unit: 'ms',
  }),
  STALLED_AFTER_MS: milliseconds(60_000, 1_000).meta({
    description: 'a worker that takes and ends nothing for this long while work waits is stalled',
    unit: 'ms',
  }),
  QUEUE_AGE_ALERT_MS: milliseconds(300_000).meta({
    description: 'age of the oldest open request that raises an alert',
    unit: 'ms',
  }),
  QUEUE_DEPTH_ALERT: count(10_000).meta({ description: 'open requests that raise an alert' }),
  ALERT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'where each alert is POSTed as JSON when it starts and when it ends',
      secret: true,
    }),
  OPERATOR_PRACTICE: PracticeId.optional().meta({
    description:
      'the practice whose operators may force the circuit breaker of all; without it any operator may',
  }),
  QUEUE_BYTES_MAX: bytes(64 * 1024 * 1024).meta({
    description: 'bytes of accepted, not ended requests; beyond it 503',
    unit: 'bytes',
  }),
  RETENTION_MS: milliseconds(7 * 86_400_000).meta({
    description: 'how long an ended request is kept',
    unit: 'ms',
  }),
  DURABILITY: z.enum(['memory', 'aof', 'replica']).default('memory').meta({
    description:
      'what a 202 promises: in memory (not in production), in the append-only file, or on a replica',
  }),
})
export type TebraProxyWorkerConfig = z.output<typeof TebraProxyWorkerConfig>
