import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { TebraStatus } from '#lib/contract/health.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { redisHealth } from '#lib/redis/health.ts'
import { queueKeys as keys } from '#lib/redis/keys.ts'
import { readBreaker } from '../breaker/shared-state.ts'
import { group } from '../queue/deliveries.ts'
import { readWorkers } from '../worker/heartbeat.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** The operations whose turns are worth a look: those the front desk waits for. */
const shownOperations = [
  'GetPatient',
  'GetAppointments',
  'GetPatients',
  'CreateAppointment',
  'UpdateAppointmentStatus',
]

/** GET /tebra/status: breaker, limiter, queue and workers, as they are now. */
export function addShowStatus(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/status',
    summary: 'Breaker, limiter, queue and workers',
    security: needsSession,
    middleware: deps.signedIn('ops:read'),
    responses: {
      200: { description: 'As it is now', content: { 'application/json': { schema: TebraStatus } } },
      ...problemResponses(401, 403, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { redis, form } = deps
    const { practiceId } = c.var.session
    const [health, breaker, queue, limiter, workers] = await Promise.all([
      redisHealth(redis),
      readBreaker(redis, form),
      readQueue(redis, practiceId, deps.now()),
      readLimiter(deps, practiceId),
      readWorkers(redis),
    ])
    return c.json({ redis: health, upstream: form, breaker, queue, limiter, workers }, 200)
  })
}

async function readQueue(redis: RedisClient, practiceId: string, now: number): Promise<TebraStatus['queue']> {
  const [depth, pending, delayed, oldest, dead] = await Promise.all([
    redis.zcard(keys.open),
    // NOGROUP: no worker has ever been there.
    redis.xpending(keys.requests, group).then(
      (reply) => Number(reply[0]),
      () => 0,
    ),
    redis.zcard(keys.delayed),
    redis.zrange(keys.open, '0', '0', 'WITHSCORES'),
    redis.zcard(keys.dead(practiceId)),
  ])
  return { depth, pending, delayed, oldestAgeMs: oldest[1] ? Math.max(0, now - Number(oldest[1])) : 0, dead }
}

async function readLimiter(deps: IntakeDeps, practiceId: string): Promise<TebraStatus['limiter']> {
  const account = deps.accountOf(practiceId)
  const now = deps.now()
  const free = await Promise.all(
    shownOperations.map((operation) => deps.redis.get(keys.limit(account, operation))),
  )
  return shownOperations.map((operation, index) => ({
    operation,
    intervalMs: deps.limiter.intervalMs(account, operation),
    waitMs: Math.max(0, Number(free[index] ?? 0) - now),
  }))
}
