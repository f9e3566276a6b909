import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { PracticeLink } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireOwnPassword, requireProof, requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'

const fresh = { freshMs: stepUpFreshMs }

/**
 * `POST /auth/practices`: says that two accounts are one person's, by a session of each that was proved just now.
 * Either practice's audit log tells of its own account only: where else somebody works is not its business.
 */
export function addLinkPractice(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/practices',
    operationId: 'linkPractice',
    tags: ['Practices'],
    summary: 'Link one’s account in another practice',
    security: needsSession,
    middleware: [requireSession({ ...deps, ...fresh })] as const,
    request: { body: { required: true, content: { 'application/json': { schema: PracticeLink } } } },
    responses: {
      204: { description: 'Linked, both ways' },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session, requestId } = c.var
    const other = await deps.guard.check(c.req.valid('json').token, { activity: false })
    if (!other || other.practiceId === session.practiceId) throw new DomainError('invalid-credentials')
    requireOwnPassword(other)
    requireProof(other, fresh)
    const [mine, theirs] = await Promise.all(
      [session, other].map(({ practiceId, userId }) => deps.users.find(practiceId, userId)),
    )
    // A program is nobody's account.
    if (!mine || !theirs) throw new DomainError('forbidden')

    const deed = ({ practiceId, id }: typeof mine) => ({
      action: 'practice.link' as const,
      actor: id,
      practiceId,
      entity: `User/${id}`,
      requestId,
    })
    const aal = session.aal === 'aal2' && other.aal === 'aal2' ? 'aal2' : 'aal1'
    await auditFirst(deps, deed(mine), () =>
      auditFirst(deps, deed(theirs), async () => {
        if (!(await deps.links.link(mine, theirs, aal))) throw new DomainError('limit-reached')
      }),
    )
    return c.body(null, 204)
  })
}
