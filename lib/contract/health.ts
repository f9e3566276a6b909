import { z } from 'zod'

export const HealthAnswer = z
  .object({ status: z.literal('ok'), service: z.string(), version: z.string() })
  .meta({ id: 'Health' })

export const ReadyAnswer = z
  .object({
    status: z.enum(['ready', 'not-ready']),
    checks: z.record(z.string(), z.enum(['ok', 'failing'])),
  })
  .meta({ id: 'Readiness' })
export type ReadyAnswer = z.infer<typeof ReadyAnswer>

export const RedisHealth = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('healthy'),
      ping: z.literal('PONG'),
      latency_ms: z.number(),
      connected_clients: z.int(),
      used_memory_bytes: z.int(),
      max_memory_bytes: z.int().meta({ description: '0: only the machine limits it' }),
    }),
    z.object({ status: z.literal('unhealthy'), type: z.string() }),
  ])
  .meta({ id: 'RedisHealth' })
export type RedisHealth = z.infer<typeof RedisHealth>

/** The circuit breaker of all workers; `since` is when the trouble began or ended. */
export const BreakerStatus = z
  .object({
    state: z.enum(['closed', 'open', 'half-open']),
    since: z.string().optional(),
    forced: z
      .enum(['open', 'closed'])
      .optional()
      .meta({ description: 'Set by an operator, until it is given back to the calls' }),
    reporters: z.int().meta({ description: 'Workers whose own breaker is open while the shared one is not' }),
    epoch: z.int().meta({ description: 'Grows with each change' }),
  })
  .meta({ id: 'BreakerStatus' })

/** Whether a practice's Tebra account is left alone because its credentials were refused. */
export const AccountStatus = z
  .object({ stopped: z.boolean(), since: z.string().optional(), triedAt: z.string().optional() })
  .meta({ id: 'AccountStatus' })

/** `GET /tebra/status`: what the upstream, the queue and the workers do now. Ages in ms. */
export const TebraStatus = z
  .object({
    redis: RedisHealth,
    upstream: z.enum(['soap', 'php']),
    breaker: BreakerStatus,
    account: AccountStatus,
    queue: z.object({
      depth: z.int().meta({ description: 'Requests accepted and not ended, retries included' }),
      pending: z.int().meta({ description: 'Handed to a worker and not acknowledged' }),
      delayed: z.int(),
      oldestAgeMs: z.number(),
      dead: z.int(),
    }),
    limiter: z.array(z.object({ operation: z.string(), intervalMs: z.number(), waitMs: z.number() })),
    workers: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['working', 'stalled', 'dead']).meta({
          description: 'stalled: takes and ends nothing while work waits; dead: gone with requests in hand',
        }),
        startedAt: z.string(),
        lastProgressAt: z.string(),
        inFlight: z.int(),
        rssBytes: z.number(),
      }),
    ),
  })
  .meta({ id: 'TebraStatus' })
export type TebraStatus = z.infer<typeof TebraStatus>

/** How the queue of all practices and Redis stood at one moment. Age and latency in ms. */
export const StatusSample = z.object({
  at: z.string(),
  depth: z.int(),
  oldestAgeMs: z.number(),
  latencyMs: z.number(),
})
export type StatusSample = z.infer<typeof StatusSample>

/** `GET /tebra/status/samples`: the last hour, oldest first. */
export const StatusSamples = z.object({ samples: z.array(StatusSample) }).meta({ id: 'StatusSamples' })
export type StatusSamples = z.infer<typeof StatusSamples>
