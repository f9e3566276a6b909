import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { removeFactor } from './remove-factor.ts'

/** `DELETE /auth/mfa/totp`: the authenticator app proves nothing from here on. */
export function addRemoveTotp(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/mfa/totp',
    operationId: 'removeTotp',
    tags: ['Second factors'],
    summary: 'Remove the authenticator app',
    security: needsSession,
    middleware: [requireSession({ ...deps, aal: 'aal2', freshMs: stepUpFreshMs })] as const,
    responses: { 204: { description: 'Removed' }, ...problemResponses(401, 403, 404, 409, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    await removeFactor(c, deps, 'totp', { action: 'totp.remove', entity: `User/${c.var.session.userId}` })
    return c.body(null, 204)
  })
}
