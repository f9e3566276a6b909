import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clearSessionCookie } from './session-cookie.ts'

/** `POST /auth/logout`: the token is refused everywhere from here on, and its open streams close. */
export function addLogout(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/logout',
    operationId: 'logout',
    tags: ['Sessions'],
    summary: 'End this session',
    security: needsSession,
    middleware: [requireSession({ ...deps, beforePasswordChange: true })] as const,
    responses: { 204: { description: 'Ended' }, ...problemResponses(401, 403, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId, tokenHash, id } = c.var.session
    await deps.sessions.end(practiceId, tokenHash)
    clearSessionCookie(c)
    await deps.audit.append({
      action: 'session.logout',
      actor: userId,
      practiceId,
      entity: `Session/${id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    return c.body(null, 204)
  })
}
