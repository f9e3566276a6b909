import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { UserAccount } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayRead, userHere, viewOf } from './manage-users.ts'

/** `GET /auth/users/:id`. */
export function addReadUser(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/users/{id}',
    operationId: 'readUser',
    tags: ['Users'],
    summary: 'One user of the practice',
    security: needsSession,
    middleware: [mayRead(deps)] as const,
    request: { params: z.object({ id: Uuid }) },
    responses: {
      200: { description: 'The user', content: { 'application/json': { schema: UserAccount } } },
      ...problemResponses(401, 403, 404, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => c.json(viewOf(await userHere(c, deps, c.req.valid('param').id)), 200))
}
