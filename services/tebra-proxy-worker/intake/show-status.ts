import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { AlertKind } from '#lib/contract/alerts.ts'
import { TebraStatus } from '#lib/contract/health.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { redisHealth } from '#lib/redis/health.ts'
import { readBreaker } from '../breaker/shared-state.ts'
import { readQueueFigures } from '../queue/queue-figures.ts'
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
    operationId: 'showStatus',
    tags: ['Operations'],
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
    const [health, breaker, account, queue, limiter, workers] = await Promise.all([
      redisHealth(redis),
      readBreaker(redis, form),
      readAccount(deps, practiceId),
      readQueue(deps, practiceId),
      readLimiter(deps, practiceId),
      readFleet(deps),
    ])
    return c.json({ redis: health, upstream: form, breaker, account, queue, limiter, workers }, 200)
  })
}

async function readAccount(
  { stops, accountOf }: IntakeDeps,
  practiceId: string,
): Promise<TebraStatus['account']> {
  const stop = await stops.read(accountOf(practiceId))
  if (!stop) return { stopped: false }
  const at = (ms: number) => new Date(ms).toISOString()
  return { stopped: true, since: at(stop.since), triedAt: at(stop.triedAt) }
}

async function readFleet({ redis, book }: IntakeDeps): Promise<TebraStatus['workers']> {
  const open = await book.open()
  const about = (kind: AlertKind) => open.flatMap((alert) => (alert.kind === kind ? [alert.subject] : []))
  return readWorkers(redis, { gone: about('worker-dead'), stalled: about('worker-stalled') })
}

async function readQueue(
  { redis, partitions }: IntakeDeps,
  practiceId: string,
): Promise<TebraStatus['queue']> {
  const [{ depth, pending, delayed, oldestAgeMs }, dead] = await Promise.all([
    readQueueFigures(redis, partitions),
    redis.zcard(partitions.of(practiceId).dead(practiceId)),
  ])
  return { depth, pending, delayed, oldestAgeMs, dead }
}

async function readLimiter(deps: IntakeDeps, practiceId: string): Promise<TebraStatus['limiter']> {
  const account = deps.accountOf(practiceId)
  const keys = deps.partitions.of(account)
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
