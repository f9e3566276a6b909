import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { mayManage } from './manage-users.ts'

/** `DELETE /auth/service-accounts/:id`: its secrets and its sessions are refused from here on, its streams end. */
export function addRevokeServiceAccount(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'delete',
    path: '/auth/service-accounts/{id}',
    operationId: 'revokeServiceAccount',
    tags: ['Service accounts'],
    summary: 'Take a program’s account away',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { params: z.object({ id: Uuid }) },
    responses: { 204: { description: 'Gone' }, ...problemResponses(401, 403, 404, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId: actor } = c.var.session
    const place = { practiceId, id: c.req.valid('param').id }
    if (!(await deps.programs.find(place))) throw new DomainError('not-found')
    const deed = { action: 'service-account.revoke', entity: `ServiceAccount/${place.id}` } as const
    await auditFirst(deps, { ...deed, actor, practiceId, requestId: c.var.requestId }, async () => {
      if (!(await deps.programs.remove(place))) throw new DomainError('not-found')
    })
    return c.body(null, 204)
  })
}
