import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RevokeRequest } from '#lib/contract/session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requirePermission, requireProof, requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { revokePractice, revokeUser } from './revoke-sessions.ts'
import { clearSessionCookie } from './session-cookie.ts'

/**
 * `POST /auth/sessions/revoke-all`: ends every session of the caller, this one included; for those who manage users,
 * of another user or of the whole practice. One's own need no fresh proof: whoever fears a theft acts at once.
 */
export function addRevokeAll(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const { redis } = deps
  const route = createRoute({
    method: 'post',
    path: '/auth/sessions/revoke-all',
    operationId: 'revokeAllSessions',
    tags: ['Sessions'],
    summary: 'End all sessions of a user or of the practice',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { body: { content: { 'application/json': { schema: RevokeRequest } } } },
    responses: {
      204: { description: 'None of them is accepted any more, in any service' },
      ...problemResponses(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const { practiceId } = session
    const { scope, userId = session.userId } = RevokeRequest.parse(c.req.valid('json') ?? {})
    const own = scope === 'user' && userId === session.userId
    if (!own) {
      requirePermission(session, 'users:manage')
      requireProof(session, { freshMs: stepUpFreshMs })
      if (scope === 'user' && !(await deps.users.find(practiceId, userId))) throw new DomainError('not-found')
    }

    await deps.audit.append({
      action: 'session.revoke-all',
      actor: session.userId,
      practiceId,
      entity: scope === 'user' ? `User/${userId}` : `Practice/${practiceId}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
    if (scope === 'user') await revokeUser(redis, practiceId, userId)
    else await revokePractice(redis, practiceId)
    if (own || scope === 'practice') clearSessionCookie(c)
    return c.body(null, 204)
  })
}
