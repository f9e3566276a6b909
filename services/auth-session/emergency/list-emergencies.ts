import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { EmergencyList, EmergencyQuery } from '#lib/contract/emergency.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'

/** `GET /auth/emergency-access`: every use in the practice with its reason, for review; reading it is audited. */
export function addListEmergencies(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/emergency-access',
    operationId: 'listEmergencies',
    tags: ['Emergency access'],
    summary: 'Uses of emergency access, newest first',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'audit:read' })] as const,
    request: { query: EmergencyQuery },
    responses: {
      200: { description: 'At most 100', content: { 'application/json': { schema: EmergencyList } } },
      ...problemResponses(401, 403, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId } = c.var.session
    const { before } = c.req.valid('query')
    await deps.audit.append({
      action: 'emergency.list',
      actor: userId,
      practiceId,
      entity: `Practice/${practiceId}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    const at = before === undefined ? undefined : Date.parse(before)
    return c.json(await deps.emergencies.list(practiceId, at), 200)
  })
}
