import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Uuid } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from './audit-first.ts'
import { ownEvent } from './own-account.ts'

/** `POST /auth/users/:id/reset-mfa`: for who lost all second factors, or tried too many wrong codes or passwords. */
export function addResetMfa(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/users/{id}/reset-mfa',
    operationId: 'resetMfa',
    tags: ['Second factors'],
    summary: 'Take all second factors from a user',
    description:
      'All their sessions end; a password that wrong guesses disabled works again. They enrol anew.',
    security: needsSession,
    middleware: [
      requireSession({ ...deps, permission: 'users:manage', aal: 'aal2', freshMs: stepUpFreshMs }),
    ] as const,
    request: { params: z.object({ id: Uuid }) },
    responses: { 204: { description: 'Reset' }, ...problemResponses(401, 403, 404, 429, 500, 503) },
  })

  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { practiceId } = c.var.session
    if (!(await deps.users.find(practiceId, id))) throw new DomainError('not-found')

    const event = { ...ownEvent(c), action: 'user.reset-mfa' as const, entity: `User/${id}` }
    await auditFirst(deps, event, async () => {
      if (!(await deps.secondFactors.reset({ practiceId, userId: id }))) throw new DomainError('not-found')
    })
    return c.body(null, 204)
  })
}
