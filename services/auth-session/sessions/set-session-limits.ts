import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { practiceSessionLimits, SessionList } from '#lib/contract/session.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { practiceLimits, setPracticeLimits } from './practice-limits.ts'

const path = '/auth/practice/session-limits'
const content = { 'application/json': { schema: SessionList.shape.limits } }

/**
 * `PATCH /auth/practice/session-limits`: a practice shortens its sessions' time-outs. New sessions have them from
 * their begin, those that run from their next activity on.
 */
export function addSetSessionLimits(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const { limits } = deps.sessions
  const route = createRoute({
    method: 'patch',
    path,
    operationId: 'setSessionLimits',
    tags: ['Sessions'],
    summary: 'Shorten the time-outs of the practice’s sessions',
    security: needsSession,
    middleware: [requireSession({ ...deps, permission: 'users:manage', freshMs: stepUpFreshMs })] as const,
    request: {
      body: { required: true, content: { 'application/json': { schema: practiceSessionLimits(limits) } } },
    },
    responses: {
      200: { description: 'The limits as they are now', content },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const wanted = c.req.valid('json')
    const { practiceId, userId } = c.var.session
    await deps.audit.append({
      action: 'session.limits',
      actor: userId,
      practiceId,
      entity: `Practice/${practiceId}`,
      outcome: 'success',
      requestId: c.var.requestId,
      reason: JSON.stringify(wanted),
    })
    await setPracticeLimits(deps.redis, practiceId, wanted)
    return c.json(await practiceLimits(deps.redis, practiceId, limits), 200)
  })
}
