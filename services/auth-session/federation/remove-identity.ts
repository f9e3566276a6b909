import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { IdentityId } from '#lib/contract/federation.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayManage, userHere } from '../users/manage-users.ts'

const responses = {
  204: { description: 'It opens nothing any more' },
  ...problemResponses(401, 403, 404, 429, 500, 503),
}

/** `DELETE /auth/identities/:identityId`, and `DELETE /auth/users/:id/identities/:identityId` for an administrator. */
export function addRemoveIdentity(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const own = createRoute({
    method: 'delete',
    path: '/auth/identities/{identityId}',
    operationId: 'removeOwnIdentity',
    tags: ['Federation'],
    summary: 'Stop an identity of one’s own from signing in',
    security: needsSession,
    middleware: [requireSession({ ...deps, freshMs: stepUpFreshMs })] as const,
    request: { params: z.object({ identityId: IdentityId }) },
    responses,
  })
  const ofUser = createRoute({
    method: 'delete',
    path: '/auth/users/{id}/identities/{identityId}',
    operationId: 'removeIdentity',
    tags: ['Federation'],
    summary: 'Stop an identity from signing in as a user',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { params: z.object({ id: Uuid, identityId: IdentityId }) },
    responses,
  })

  app.openapi(own, async (c) => {
    await remove(c, deps, c.var.session.userId, c.req.valid('param').identityId)
    return c.body(null, 204)
  })
  app.openapi(ofUser, async (c) => {
    const { id, identityId } = c.req.valid('param')
    await remove(c, deps, (await userHere(c, deps, id)).id, identityId)
    return c.body(null, 204)
  })
}

/** Audited before it happens. Sessions that the identity has opened go on until they are ended. */
async function remove(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  userId: string,
  identityId: string,
): Promise<void> {
  const { practiceId, userId: actor } = c.var.session
  const user = { practiceId, userId }
  if (!(await deps.identities.list(user)).some(({ id }) => id === identityId))
    throw new DomainError('not-found')
  await deps.audit.append({
    action: 'identity.unlink',
    actor,
    practiceId,
    entity: `User/${userId}`,
    outcome: 'success',
    requestId: c.var.requestId,
    reason: `identity ${identityId}`,
  })
  await deps.identities.remove(user, identityId)
}
