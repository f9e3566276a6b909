import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Metrics } from '#lib/observability/metrics.ts'
import type { ServiceEnv } from './service-env.ts'

/** Paths that a platform asks every few seconds; a line each would bury the rest. What changes there is logged there. */
const quiet: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** One line and one observation a request: method, route and status; never the URL, which may carry a query. */
export const requestLog =
  (metrics: Metrics): MiddlewareHandler<ServiceEnv> =>
  async (c, next) => {
    const startedAt = performance.now()
    await next()
    const durationMs = performance.now() - startedAt
    const route = routePath(c, -1)
    const { status } = c.res
    metrics.requestSeconds.observe({ method: c.req.method, route, status: String(status) }, durationMs / 1000)
    if (quiet.has(route)) return
    c.var.log.info(
      { method: c.req.method, route, status, durationMs: Math.round(durationMs * 10) / 10 },
      'request',
    )
  }
