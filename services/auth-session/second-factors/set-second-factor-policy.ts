import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { Role, secondFactorRoles } from '#lib/contract/permissions.ts'
import { SecondFactorPolicy } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from './audit-first.ts'
import { ownEvent } from './own-account.ts'

const Body = z
  .strictObject({ added: z.array(Role).max(Role.options.length) })
  .meta({ id: 'SetSecondFactorPolicy' })

/** `PUT /auth/practice/second-factor-policy`: a practice may demand more than we do, never less. */
export function addSetSecondFactorPolicy(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'put',
    path: '/auth/practice/second-factor-policy',
    operationId: 'setSecondFactorPolicy',
    tags: ['Second factors'],
    summary: 'Demand a second factor of further roles',
    description: 'Effective with the next request of every session of one factor.',
    security: needsSession,
    middleware: [
      requireSession({ ...deps, permission: 'users:manage', aal: 'aal2', freshMs: stepUpFreshMs }),
    ] as const,
    request: { body: { required: true, content: { 'application/json': { schema: Body } } } },
    responses: {
      200: { description: 'As it is now', content: { 'application/json': { schema: SecondFactorPolicy } } },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId } = c.var.session
    const wanted = c.req.valid('json').added
    const added = Role.options.filter((role) => wanted.includes(role) && !secondFactorRoles.includes(role))
    const event = { ...ownEvent(c), action: 'practice.mfa-policy' as const, entity: `Practice/${practiceId}` }
    await auditFirst(deps, event, () => deps.secondFactors.setAddedRoles(practiceId, added))
    return c.json({ always: [...secondFactorRoles], added }, 200)
  })
}
