import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { AlertsAnswer } from '#lib/contract/alerts.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** As many as are kept (alerts/prelude.lua). */
const recentMax = 1_000
const recentShown = 100

/** GET /tebra/alerts: what stands now and what started or ended lately, of the caller's practice and of all. */
export function addShowAlerts(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/tebra/alerts',
    operationId: 'showAlerts',
    tags: ['Operations'],
    summary: 'Current and recent alerts',
    security: needsSession,
    middleware: deps.signedIn('ops:read'),
    responses: {
      200: { description: 'The alerts', content: { 'application/json': { schema: AlertsAnswer } } },
      ...problemResponses(401, 403, 503),
    },
  })

  app.openapi(route, async (c) => {
    const own = c.var.session.practiceId
    const concerns = ({ practiceId }: { practiceId?: string | undefined }) =>
      practiceId === undefined || practiceId === own
    const [open, recent] = await Promise.all([deps.book.open(), deps.book.recent(recentMax)])
    return c.json({ open: open.filter(concerns), recent: recent.filter(concerns).slice(0, recentShown) }, 200)
  })
}
