import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RoleTableChange, RoleTableView } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { administer, mayManage } from './manage-users.ts'

/** `PUT /auth/roles`: another role table, in force with everybody's next request; somebody must be left to manage users. */
export function addReplaceRoles(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'put',
    path: '/auth/roles',
    operationId: 'replaceRoles',
    tags: ['Roles'],
    summary: 'Replace the practice’s role table',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: RoleTableChange } } } },
    responses: {
      200: { description: 'As it is now', content: { 'application/json': { schema: RoleTableView } } },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId } = c.var.session
    const { roles, expectedVersion } = c.req.valid('json')
    const deed = {
      action: 'roles.update',
      entity: `Practice/${practiceId}`,
      reason: JSON.stringify(roles),
    } as const
    await administer(c, deps, deed, () => deps.access.replaceRoles(practiceId, roles, expectedVersion))
    return c.json(await deps.access.roles(practiceId), 200)
  })
}
