import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { secondFactorRoles } from '#lib/contract/permissions.ts'
import { SecondFactorPolicy } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'

/** `GET /auth/practice/second-factor-policy`: which roles demand a second factor. */
export function addGetSecondFactorPolicy(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/practice/second-factor-policy',
    operationId: 'getSecondFactorPolicy',
    tags: ['Second factors'],
    summary: 'Roles that demand a second factor',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'users:manage' })] as const,
    responses: {
      200: { description: 'The policy', content: { 'application/json': { schema: SecondFactorPolicy } } },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const added = await deps.secondFactors.addedRoles(c.var.session.practiceId)
    return c.json({ always: [...secondFactorRoles], added }, 200)
  })
}
