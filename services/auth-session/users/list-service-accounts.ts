import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { ServiceAccount } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { mayRead } from './manage-users.ts'
import { accountOf } from './service-account-view.ts'

/** `GET /auth/service-accounts`: the practice's programs, and when each was last there. */
export function addListServiceAccounts(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const schema = z.object({ accounts: z.array(ServiceAccount) })
  const route = createRoute({
    method: 'get',
    path: '/auth/service-accounts',
    operationId: 'listServiceAccounts',
    tags: ['Service accounts'],
    summary: 'The programs of the practice',
    security: needsSession,
    middleware: [mayRead(deps)] as const,
    responses: {
      200: { description: 'The programs', content: { 'application/json': { schema } } },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const programs = await deps.programs.list(c.var.session.practiceId)
    return c.json({ accounts: programs.map(accountOf) }, 200)
  })
}
