import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { BreakerStatus } from '#lib/contract/health.ts'
import { trimmedText } from '#lib/contract/rules.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { Logger } from '#lib/observability/logger.ts'
import { forceBreaker, readBreaker } from '../breaker/shared-state.ts'
import { tellChange } from '../breaker/tell-change.ts'
import type { IntakeDeps } from './intake-deps.ts'

const ForceBreakerRequest = z
  .strictObject({
    state: z.enum(['open', 'closed', 'automatic']).meta({
      description: 'open and closed stand until automatic gives the breaker back to the calls',
    }),
    reason: trimmedText(1, 500),
  })
  .meta({ id: 'ForceBreakerRequest' })

/**
 * POST /tebra/breaker: an operator holds the fleet's breaker open or closed, or lets go; where there is an operating
 * practice, only its operators. Audited before it counts, in the chain of every practice.
 */
export function addForceBreaker(
  app: OpenAPIHono<ServiceEnv>,
  deps: IntakeDeps & { readonly logger: Logger },
): void {
  const route = createRoute({
    method: 'post',
    path: '/tebra/breaker',
    operationId: 'forceBreaker',
    tags: ['Operations'],
    summary: 'Hold the circuit breaker open or closed, or give it back',
    security: needsSession,
    middleware: deps.signedIn('dead-letters:write'),
    request: {
      body: { required: true, content: { 'application/json': { schema: ForceBreakerRequest } } },
    },
    responses: {
      200: {
        description: 'The breaker as it is now; every worker learns of it within a second',
        content: { 'application/json': { schema: BreakerStatus } },
      },
      ...problemResponses(400, 401, 403, 413, 415, 422, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { state, reason } = c.req.valid('json')
    const { session, requestId } = c.var
    const { operatorPractice = session.practiceId } = deps
    if (session.practiceId !== operatorPractice) throw new DomainError('forbidden')
    // It concerns every practice, so each one's chain says who did it.
    for (const practiceId of new Set([session.practiceId, ...deps.practices]))
      await deps.audit.append({
        action: 'breaker.force',
        actor: session.userId,
        practiceId,
        entity: `Breaker/${deps.form}`,
        outcome: 'success',
        requestId,
        reason: `${state}: ${reason} (by ${session.practiceId})`,
      })
    tellChange(deps.logger, deps.form, await forceBreaker(deps.redis, deps.form, state))
    return c.json(await readBreaker(deps.redis, deps.form), 200)
  })
}
