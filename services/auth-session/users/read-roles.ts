import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RoleTableView } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayRead } from './manage-users.ts'

/** `GET /auth/roles`: what each role may do in the caller's practice. */
export function addReadRoles(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/roles',
    operationId: 'readRoles',
    tags: ['Roles'],
    summary: 'The practice’s role table',
    security: needsSession,
    middleware: [mayRead(deps)] as const,
    responses: {
      200: { description: 'The table', content: { 'application/json': { schema: RoleTableView } } },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => c.json(await deps.access.roles(c.var.session.practiceId), 200))
}
