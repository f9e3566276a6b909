import type { Context } from 'hono'
import { routePath } from 'hono/route'
import type { Metrics } from '#lib/observability/metrics.ts'
import type { ServiceEnv } from './service-env.ts'

/** Paths that a platform asks every few seconds; a line each would bury the rest. What changes there is logged there. */
const quiet: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** One line and one observation an answered request: method, route and status; never the URL, which may carry a query. */
export const requestLog =
  (metrics: Metrics) =>
  (c: Context<ServiceEnv>, durationMs: number): void => {
    const { method } = c.req
    const route = routePath(c, -1)
    const { status } = c.res
    metrics.requestSeconds.observe({ method, route, status: String(status) }, durationMs / 1000)
    if (quiet.has(route)) return
    c.get('log').info({ method, route, status, durationMs: Math.round(durationMs * 10) / 10 }, 'request')
  }
