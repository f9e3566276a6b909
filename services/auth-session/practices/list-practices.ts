import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { PracticeList } from '#lib/contract/users.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'

/** `GET /auth/practices`: where the caller may go on without signing in again. */
export function addListPractices(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/practices',
    operationId: 'listPractices',
    tags: ['Practices'],
    summary: 'The practices the caller may change to',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      200: { description: 'The practices', content: { 'application/json': { schema: PracticeList } } },
      ...problemResponses(401, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId } = c.var.session
    const others = await deps.links.practices({ practiceId, id: userId })
    const practices = [practiceId, ...others].map((id) => ({ practiceId: id, current: id === practiceId }))
    return c.json({ practices }, 200)
  })
}
