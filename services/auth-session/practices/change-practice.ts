import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { LoginAnswer } from '#lib/contract/session.ts'
import { PracticeChoice } from '#lib/contract/users.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { credentialsOf, requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { instant } from '../sessions/instant.ts'
import { setSessionCookie } from '../sessions/session-cookie.ts'
import type { Entry } from './link-store.ts'

type Times = [createdAt: number, idleExpiresAt: number, absoluteExpiresAt: number]
const inheritScript = loadScript<Times | null>(new URL('./inherit-life.lua', import.meta.url))

/**
 * `POST /auth/session/practice`: goes on in another practice, with a new session there; the one here ends. A practice
 * that is not linked is answered like one that does not exist.
 */
export function addChangePractice(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/session/practice',
    operationId: 'changePractice',
    tags: ['Practices'],
    summary: 'Go on in another practice',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: PracticeChoice } } } },
    responses: {
      200: { description: 'The session there', content: { 'application/json': { schema: LoginAnswer } } },
      ...problemResponses(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session, requestId } = c.var
    const choice = c.req.valid('json')
    const { delivery = credentialsOf(c)?.from ?? 'cookie' } = choice
    const from = { practiceId: session.practiceId, id: session.userId }
    const entry = await deps.links.enter(from, choice.practiceId)
    if (!entry) throw new DomainError('not-found')
    const { user } = entry
    const opened = await openThere(deps, session, entry)
    const end = () => deps.sessions.end(user.practiceId, opened.tokenHash)
    try {
      await deps.audit.append({
        action: 'session.switch',
        actor: user.id,
        practiceId: user.practiceId,
        entity: `Session/${opened.view.id}`,
        outcome: 'success',
        requestId,
      })
      await deps.audit.append({
        action: 'session.logout',
        actor: session.userId,
        practiceId: session.practiceId,
        entity: `Session/${session.id}`,
        outcome: 'success',
        requestId,
        reason: 'changed-practice',
      })
      // Of two changes at the same time one finds the session, and the other one's is taken back.
      if ((await deps.sessions.end(session.practiceId, session.tokenHash)) === undefined)
        throw new DomainError('unauthenticated')
    } catch (error) {
      await end().catch((cause: unknown) => c.var.log.warn({ err: cause }, 'session not taken back'))
      throw error
    }

    if (delivery === 'cookie') setSessionCookie(c, opened.token)
    return c.json(
      {
        session: opened.view,
        user: { id: user.id, email: user.email, practiceId: user.practiceId, roles: [...user.roles] },
        ...(delivery === 'bearer' && { token: opened.token }),
      },
      200,
    )
  })
}

/** Only as sure as the weaker of the present session and the link; an account with a second factor is not entered without one. */
async function openThere(deps: AuthDeps, session: ActiveSession, { user, aal: linked }: Entry) {
  const { practiceId, id } = user
  const aal = session.aal === 'aal2' && linked === 'aal2' ? 'aal2' : 'aal1'
  if (aal === 'aal1' && (await deps.secondFactors.methods({ practiceId, userId: id })).length > 0)
    throw new DomainError('step-up-required', { needs: { aal: 'aal2' } })

  const opened = await deps.sessions.open(practiceId, id, aal, { epochs: user.epochs })
  const life = [session.createdAt, session.absoluteExpiresAt, session.provedAt]
  const times =
    opened && (await inheritScript(deps.redis, [sessionKeys.session(practiceId, opened.tokenHash)], life))
  if (!times) throw new DomainError('not-found')
  const [createdAt, idleExpiresAt, absoluteExpiresAt] = times
  return {
    ...opened,
    view: {
      ...opened.view,
      createdAt: instant(createdAt),
      idleExpiresAt: instant(idleExpiresAt),
      absoluteExpiresAt: instant(absoluteExpiresAt),
    },
  }
}
