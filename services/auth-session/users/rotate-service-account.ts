import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { SecretRotation, ServiceAccountSecret } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { mayManage } from './manage-users.ts'
import { accountOf } from './service-account-view.ts'

/** `POST /auth/service-accounts/:id/rotate`: a new secret; the present one works on for a day, or as long as is said. */
export function addRotateServiceAccount(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/service-accounts/{id}/rotate',
    operationId: 'rotateServiceAccount',
    tags: ['Service accounts'],
    summary: 'Give a program a new secret',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: {
      params: z.object({ id: Uuid }),
      body: { content: { 'application/json': { schema: SecretRotation } } },
    },
    responses: {
      200: {
        description: 'The new secret',
        content: { 'application/json': { schema: ServiceAccountSecret } },
      },
      ...problemResponses(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId: actor } = c.var.session
    const place = { practiceId, id: c.req.valid('param').id }
    const { overlapMs } = SecretRotation.parse(c.req.valid('json'))
    if (!(await deps.programs.find(place))) throw new DomainError('not-found')
    const deed = { action: 'service-account.rotate', entity: `ServiceAccount/${place.id}` } as const
    const event = { ...deed, actor, practiceId, requestId: c.var.requestId }
    const answer = await auditFirst(deps, event, async () => {
      const clientSecret = await deps.programs.rotate(place, overlapMs)
      const program = await deps.programs.find(place)
      if (clientSecret === undefined || !program) throw new DomainError('not-found')
      return { account: accountOf(program), clientSecret }
    })
    return c.json(answer, 200)
  })
}
