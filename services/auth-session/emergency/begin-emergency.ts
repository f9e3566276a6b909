import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { EmergencyAccess, EmergencyRequest } from '#lib/contract/emergency.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { tellAlert } from '../sessions/tell-alert.ts'
import { entityOf } from './end-emergency.ts'

/**
 * `POST /auth/emergency-access`: for a short time this session may do what the patient at hand needs (45 CFR
 * 164.312(a)(2)(ii)). Audited and told before it grants anything; the reason is kept for review.
 */
export function addBeginEmergency(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const { emergencies } = deps
  const route = createRoute({
    method: 'post',
    path: '/auth/emergency-access',
    operationId: 'beginEmergency',
    tags: ['Emergency access'],
    summary: 'Take emergency access',
    security: needsSession,
    middleware: [requireSession({ ...deps, aal: 'aal2', freshMs: stepUpFreshMs })] as const,
    request: { body: { required: true, content: { 'application/json': { schema: EmergencyRequest } } } },
    responses: {
      201: { description: 'Granted', content: { 'application/json': { schema: EmergencyAccess } } },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const { practiceId, userId } = session
    // A program meets no emergency.
    if (!(await deps.users.find(practiceId, userId))) throw new DomainError('forbidden')
    if (session.emergencyUntil !== undefined) throw new DomainError('emergency-active')
    const { reason } = c.req.valid('json')
    const access = await emergencies.announce({ practiceId, userId, sessionId: session.id, reason })
    const use = { practiceId, id: access.id }
    const entity = entityOf(use)
    try {
      await deps.audit.append({
        action: 'emergency.start',
        actor: userId,
        practiceId,
        entity,
        outcome: 'success',
        requestId: c.var.requestId,
      })
      await tellAlert(deps.bus, practiceId, { kind: 'emergency-started', userId, entity })
      deps.logger.warn({ alert: 'emergency-started', practiceId, userId }, 'emergency access taken')
      if (!(await emergencies.elevate(use, session))) throw new DomainError('emergency-active')
    } catch (error) {
      await emergencies
        .hasten(use)
        .catch((cause: unknown) =>
          c.var.log.warn({ err: cause }, 'emergency access ends when its time is over'),
        )
      throw error
    }
    return c.json(access, 201)
  })
}
