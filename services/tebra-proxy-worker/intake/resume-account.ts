import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { AccountStatus } from '#lib/contract/health.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { auditDeed } from './audit-change.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** POST /tebra/accounts/:practice/resume: an operator has put the account right and does not wait for the next try. */
export function addResumeAccount(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/accounts/{practice}/resume',
    operationId: 'resumeAccount',
    tags: ['Operations'],
    summary: 'Let a stopped Tebra account be called again',
    description:
      'What waits goes on within seconds. Where the credentials are refused again it is stopped again.',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: { params: z.object({ practice: PracticeId }) },
    responses: {
      200: {
        description: 'It is not, or no longer, stopped',
        content: { 'application/json': { schema: AccountStatus } },
      },
      ...problemResponses(401, 403, 404, 415, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practice } = c.req.valid('param')
    if (practice !== c.var.session.practiceId) throw new DomainError('not-found')
    await auditDeed(deps, c.var, { action: 'account.resume', entity: `TebraAccount/${practice}` })
    await deps.stops.resume(deps.accountOf(practice))
    return c.json({ stopped: false }, 200)
  })
}
