import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PracticeId } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'

/** `DELETE /auth/practices/:practiceId`: takes a link away, both ways; who fears for an account acts at once. */
export function addUnlinkPractice(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/practices/{practiceId}',
    operationId: 'unlinkPractice',
    tags: ['Practices'],
    summary: 'Take the link to one’s account in another practice away',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { params: z.object({ practiceId: PracticeId }) },
    responses: { 204: { description: 'Gone' }, ...problemResponses(401, 403, 404, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId } = c.var.session
    const deed = { actor: userId, practiceId, entity: `User/${userId}`, requestId: c.var.requestId }
    await auditFirst(deps, { action: 'practice.unlink', ...deed }, async () => {
      const cut = await deps.links.cut({ practiceId, id: userId }, c.req.valid('param').practiceId)
      if (!cut) throw new DomainError('not-found')
    })
    return c.body(null, 204)
  })
}
