import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { SessionAnswer } from '#lib/contract/session.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { answerJson } from '#lib/http/answer-json.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { programUser } from '../users/service-accounts.ts'
import { instant } from './instant.ts'

/** `GET /auth/session`: who is signed in, what they may do, and until when. */
export function addGetSession(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/session',
    operationId: 'getSession',
    tags: ['Sessions'],
    summary: 'The session, its user and their permissions',
    description: 'With the header X-Background the question is not activity and the idle time-out runs on.',
    security: needsSession,
    middleware: [
      requireSession({
        ...deps,
        beforePasswordChange: true,
        // Below, at once, so that the answer tells the new idle expiry; the touch stream is not asked.
        appliesActivity: true,
        withAddress: true,
      }),
    ] as const,
    responses: {
      200: { description: 'Signed in', content: { 'application/json': { schema: SessionAnswer } } },
      ...problemResponses(401, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const session = c.get('session')
    const { practiceId, userId, tokenHash } = session
    const background = c.req.header('X-Background') !== undefined
    const [email, idleExpiresAt] = background
      ? [await nameOf(deps, session), session.idleExpiresAt]
      : await Promise.all([nameOf(deps, session), deps.sessions.touch(practiceId, tokenHash)])
    if (email === undefined || idleExpiresAt === 0) throw new DomainError('unauthenticated')

    return answerJson(
      {
        session: {
          id: session.id,
          aal: session.aal,
          createdAt: instant(session.createdAt),
          idleExpiresAt: instant(idleExpiresAt),
          absoluteExpiresAt: instant(session.absoluteExpiresAt),
          ...(session.mustChangePassword && { mustChangePassword: true as const }),
        },
        user: {
          id: userId,
          email,
          practiceId,
          roles: [...session.roles],
        },
        permissions: [...session.permissions],
        ...(session.emergencyUntil !== undefined && { emergencyUntil: instant(session.emergencyUntil) }),
      },
      200,
    )
  })
}

/** A person's address; of a program the id it signs in with. */
const nameOf = async (deps: AuthDeps, session: ActiveSession): Promise<string | undefined> =>
  session.sealedAddress === undefined
    ? (await programUser(deps, session))?.email
    : deps.users.openEmail(session, session.sealedAddress)
