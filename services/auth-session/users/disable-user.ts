import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { UserAccount } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { administer, mayManage, userHere, viewOf } from './manage-users.ts'

const summaries = {
  disable: 'End a user’s access at once, until it is given back',
  enable: 'Give a disabled user access again',
} as const

/**
 * `POST /auth/users/:id/disable` and `…/enable`. Disabling is in force with the user's next request, in every service;
 * open streams end, and so do sessions elsewhere that were entered from this account. Enabling brings none back.
 */
export function addDisableUser(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  for (const kind of ['disable', 'enable'] as const) {
    const route = createRoute({
      method: 'post',
      path: `/auth/users/{id}/${kind}`,
      operationId: `${kind}User`,
      tags: ['Users'],
      summary: summaries[kind],
      security: needsSession,
      middleware: [mayManage(deps)] as const,
      request: { params: z.object({ id: Uuid }) },
      responses: {
        200: { description: 'As it is now', content: { 'application/json': { schema: UserAccount } } },
        ...problemResponses(401, 403, 404, 409, 429, 500, 503),
      },
    })

    app.openapi(route, async (c) => {
      const user = await userHere(c, deps, c.req.valid('param').id)
      const deed = { action: `user.${kind}`, entity: `User/${user.id}` } as const
      await administer(c, deps, deed, () => deps.access.change(user, { kind }))
      if (kind === 'disable') await deps.links.cutAll(user)
      return c.json(viewOf(await userHere(c, deps, user.id)), 200)
    })
  }
}
