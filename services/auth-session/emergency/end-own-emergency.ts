import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { endEmergency } from './end-emergency.ts'

/** `DELETE /auth/emergency-access`: its holder needs it no longer. */
export function addEndOwnEmergency(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/emergency-access',
    operationId: 'endOwnEmergency',
    tags: ['Emergency access'],
    summary: 'End this session’s emergency access',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: { 204: { description: 'Ended' }, ...problemResponses(401, 403, 404, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { practiceId, tokenHash } = c.var.session
    const use = await deps.emergencies.running(practiceId, tokenHash)
    if (!use) throw new DomainError('not-found')
    await endEmergency(deps, use, { tokenHash, requestId: c.var.requestId })
    return c.body(null, 204)
  })
}
