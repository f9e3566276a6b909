import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PasskeyId } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { removeFactor } from '../second-factors/remove-factor.ts'

/** `DELETE /auth/passkeys/:id`: that passkey proves nothing from here on. */
export function addRemovePasskey(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/passkeys/{id}',
    operationId: 'removePasskey',
    tags: ['Passkeys'],
    summary: 'Remove a passkey',
    security: needsSession,
    middleware: [requireSession({ ...deps, aal: 'aal2', freshMs: stepUpFreshMs })] as const,
    request: { params: z.object({ id: PasskeyId }) },
    responses: { 204: { description: 'Removed' }, ...problemResponses(401, 403, 404, 409, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    await removeFactor(c, deps, id, { action: 'passkey.remove', entity: `Passkey/${id}` })
    return c.body(null, 204)
  })
}
