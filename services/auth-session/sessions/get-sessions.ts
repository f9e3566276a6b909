import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { AssuranceLevel, SessionList } from '#lib/contract/session.ts'
import { sessionIdOf } from '#lib/crypto/session-token.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { openDevice } from './device.ts'
import { instant } from './instant.ts'
import { practiceLimits } from './practice-limits.ts'
import { type ListedSession, listSessions } from './session-list.ts'

/** `GET /auth/sessions`: where the caller is signed in, oldest first, and the limits sessions have here. */
export function addGetSessions(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/sessions',
    operationId: 'getSessions',
    tags: ['Sessions'],
    summary: 'The caller’s sessions',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      200: { description: 'Oldest first', content: { 'application/json': { schema: SessionList } } },
      ...problemResponses(401, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { practiceId, userId, tokenHash } = c.var.session
    const view = async (one: ListedSession) => ({
      id: sessionIdOf(one.tokenHash),
      aal: AssuranceLevel.parse(one.aal),
      createdAt: instant(one.createdAt),
      lastActiveAt: instant(one.activeAt),
      idleExpiresAt: instant(one.idleExpiresAt),
      absoluteExpiresAt: instant(one.absoluteExpiresAt),
      current: one.tokenHash === tokenHash,
      newDevice: one.newDevice,
      ...(one.mustChangePassword && { mustChangePassword: true as const }),
      ...(one.sealedDevice !== '' && {
        device: await openDevice(deps, { practiceId, userId }, one.sealedDevice),
      }),
    })
    const sessions = await listSessions(deps.redis, practiceId, userId)
    const limits = await practiceLimits(deps.redis, practiceId, deps.sessions.limits)
    return c.json({ sessions: await Promise.all(sessions.map(view)), limits }, 200)
  })
}
