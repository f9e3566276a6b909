import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { UserPage } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayRead, viewOf } from './manage-users.ts'

const size = 50

/** `GET /auth/users`: the practice's users, in the order of their making. */
export function addListUsers(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/users',
    operationId: 'listUsers',
    tags: ['Users'],
    summary: 'The users of the practice',
    security: needsSession,
    middleware: [mayRead(deps)] as const,
    request: { query: z.object({ cursor: Uuid.optional() }) },
    responses: {
      200: { description: 'A page', content: { 'application/json': { schema: UserPage } } },
      ...problemResponses(401, 403, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId } = c.var.session
    const ids = await deps.access.list(practiceId, c.req.valid('query').cursor, size + 1)
    const page = ids.slice(0, size)
    const users = await Promise.all(page.map((id) => deps.users.find(practiceId, id)))
    const cursor = ids.length > size ? page.at(-1) : undefined
    return c.json(
      {
        users: users.flatMap((user) => (user ? [viewOf(user)] : [])),
        ...(cursor !== undefined && { cursor }),
      },
      200,
    )
  })
}
