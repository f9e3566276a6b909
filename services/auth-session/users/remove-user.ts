import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { administer, mayManage, userHere } from './manage-users.ts'

/**
 * `DELETE /auth/users/:id`: somebody leaves. All access and all personal data go in one step; the audit log keeps the
 * id, which names nobody any more. What leads to the user goes around that step: links to other practices before it,
 * because they stand with the user, the address and the provider's identities too, and a rest that a crash leaves
 * leads to nobody.
 */
export function addRemoveUser(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/users/{id}',
    operationId: 'removeUser',
    tags: ['Users'],
    summary: 'Remove a user who leaves, with all personal data',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { params: z.object({ id: Uuid }) },
    responses: {
      204: { description: 'Gone; the audit log keeps the id' },
      ...problemResponses(401, 403, 404, 409, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const user = await userHere(c, deps, c.req.valid('param').id)
    const { practiceId, id } = user
    const deed = { action: 'user.remove', entity: `User/${id}` } as const
    await administer(c, deps, deed, async () => {
      const disabled = await deps.access.change(user, { kind: 'disable' })
      if (disabled.outcome !== 'done') return disabled
      await deps.links.cutAll(user)
      await deps.identities.removeAll({ practiceId, userId: id })
      return deps.access.change(user, { kind: 'remove' })
    })
    for (const digest of [deps.index.account(user.email, practiceId), deps.index.account(user.email)])
      await deps.users.unlink(digest, user)
    return c.body(null, 204)
  })
}
