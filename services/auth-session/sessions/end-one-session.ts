import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { SessionId } from '#lib/contract/session.ts'
import { sessionIdOf } from '#lib/crypto/session-token.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clearSessionCookie } from './session-cookie.ts'
import { listSessions } from './session-list.ts'

/** `DELETE /auth/sessions/:id`: ends one of the caller's own sessions; another's is not there for them. */
export function addEndOneSession(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/sessions/{id}',
    operationId: 'endOneSession',
    tags: ['Sessions'],
    summary: 'End one of the caller’s sessions',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { params: z.object({ id: SessionId }) },
    responses: { 204: { description: 'Ended' }, ...problemResponses(401, 403, 404, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId, tokenHash } = c.var.session
    const { id } = c.req.valid('param')
    const own = await listSessions(deps.redis, practiceId, userId)
    const found = own.find((one) => sessionIdOf(one.tokenHash) === id)
    if (!found) throw new DomainError('not-found')
    await deps.sessions.end(practiceId, found.tokenHash)
    if (found.tokenHash === tokenHash) clearSessionCookie(c)
    await deps.audit.append({
      action: 'session.end',
      actor: userId,
      practiceId,
      entity: `Session/${id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    return c.body(null, 204)
  })
}
