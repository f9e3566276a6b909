import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PasskeyId, PasskeyName } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { ownAccount, ownEvent } from '../second-factors/own-account.ts'

const Body = z.strictObject({ name: PasskeyName }).meta({ id: 'RenamePasskey' })

/** `PATCH /auth/passkeys/:id`: another name for one of the caller's passkeys. */
export function addRenamePasskey(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'patch',
    path: '/auth/passkeys/{id}',
    operationId: 'renamePasskey',
    tags: ['Passkeys'],
    summary: 'Rename a passkey',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: {
      params: z.object({ id: PasskeyId }),
      body: { required: true, content: { 'application/json': { schema: Body } } },
    },
    responses: {
      204: { description: 'Renamed' },
      ...problemResponses(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { place } = await ownAccount(c, deps)
    const event = { ...ownEvent(c), action: 'passkey.rename' as const, entity: `Passkey/${id}` }
    await auditFirst(deps, event, async () => {
      if (!(await deps.passkeys.rename(place, id, c.req.valid('json').name)))
        throw new DomainError('not-found')
    })
    return c.body(null, 204)
  })
}
