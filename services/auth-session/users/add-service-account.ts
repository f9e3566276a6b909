import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { v7 as uuidv7 } from 'uuid'
import { NewServiceAccount, ServiceAccountSecret } from '#lib/contract/users.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { linksTo, needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { mayManage, programsMax } from './manage-users.ts'
import { accountOf } from './service-account-view.ts'

/** `POST /auth/service-accounts`: an account for a program. The answer is the only place where its secret is told. */
export function addAddServiceAccount(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/service-accounts',
    operationId: 'addServiceAccount',
    tags: ['Service accounts'],
    summary: 'Make an account for a program',
    security: needsSession,
    middleware: [mayManage(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: NewServiceAccount } } } },
    responses: {
      201: {
        description: 'Made',
        content: { 'application/json': { schema: ServiceAccountSecret } },
        links: linksTo('/account/id', 'rotateServiceAccount', 'revokeServiceAccount'),
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId: actor } = c.var.session
    if ((await deps.programs.count(practiceId)) >= programsMax) throw new DomainError('limit-reached')
    const program = { practiceId, id: uuidv7(), createdAt: deps.now(), ...c.req.valid('json') }
    const deed = {
      action: 'service-account.create',
      entity: `ServiceAccount/${program.id}`,
      reason: program.roles.join(','),
    } as const
    const clientSecret = await auditFirst(
      deps,
      { ...deed, actor, practiceId, requestId: c.var.requestId },
      () => deps.programs.create(program),
    )
    const nothingYet = { lastUsedAt: undefined, rotatedAt: undefined, previousSecretUntil: undefined }
    return c.json({ account: accountOf({ ...program, ...nothingYet }), clientSecret }, 201)
  })
}
