import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { HealthAnswer, ReadyAnswer, RedisHealth } from '#lib/contract/health.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { Metrics } from '#lib/observability/metrics.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { redisHealth } from '#lib/redis/health.ts'
import type { ServiceEnv } from './service-env.ts'

/** Named checks; each says whether the service can do that part of its job now. */
export type ReadinessChecks = Readonly<Record<string, () => boolean | Promise<boolean>>>

export interface HealthDeps {
  readonly service: string
  readonly version: string
  readonly redis: RedisClient
  readonly metrics: Metrics
  readonly logger: Logger
  readonly checks: ReadinessChecks
}

const json = <T>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

const inside = 'For the platform: no load balancer leads here.'

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['Health'],
  summary: 'The process lives',
  description: inside,
  responses: { 200: json(HealthAnswer, 'Alive') },
})
const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'getReadiness',
  tags: ['Health'],
  summary: 'The service can do its job now',
  description: inside,
  responses: { 200: json(ReadyAnswer, 'Ready'), 503: json(ReadyAnswer, 'Not ready') },
})
const redisRoute = createRoute({
  method: 'get',
  path: '/redis-health',
  operationId: 'getRedisHealth',
  tags: ['Health'],
  summary: 'Redis as this service sees it',
  description: inside,
  responses: { 200: json(RedisHealth, 'Healthy'), 503: json(RedisHealth, 'Unhealthy') },
})

/** `/healthz`, `/readyz`, `/redis-health` and `/metrics`; the load balancer routes none of them. */
export function addHealthRoutes(app: OpenAPIHono<ServiceEnv>, deps: HealthDeps): void {
  app.openapi(healthz, (c) =>
    c.json({ status: 'ok' as const, service: deps.service, version: deps.version }, 200),
  )

  const told = createReadinessLog(deps.logger)
  app.openapi(readyz, async (c) => {
    const results = await Promise.all(
      Object.entries(deps.checks).map(async ([name, check]) => {
        const ok = await (async () => check())().catch(() => false)
        return [name, ok ? ('ok' as const) : ('failing' as const)] as const
      }),
    )
    const ready = results.every(([, result]) => result === 'ok')
    const checks = Object.fromEntries(results)
    told(results.flatMap(([name, result]) => (result === 'ok' ? [] : [name])))
    return ready
      ? c.json({ status: 'ready' as const, checks }, 200)
      : c.json({ status: 'not-ready' as const, checks }, 503)
  })

  app.openapi(redisRoute, async (c) => {
    const health = await redisHealth(deps.redis)
    return health.status === 'healthy' ? c.json(health, 200) : c.json(health, 503)
  })

  app.get('/metrics', async (c) =>
    c.body(await deps.metrics.registry.metrics(), 200, { 'Content-Type': deps.metrics.registry.contentType }),
  )
}

/** A line when readiness changes, and why, instead of one each time it is asked for. */
function createReadinessLog(logger: Logger): (failing: readonly string[]) => void {
  let before: string | undefined
  return (failing) => {
    const now = failing.join()
    if (now === before) return
    before = now
    if (failing.length === 0) logger.info('ready')
    else logger.warn({ failing }, 'not ready')
  }
}
