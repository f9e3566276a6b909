import type { Context } from 'hono'
import type { AssuranceLevel, LoginAnswer } from '#lib/contract/session.ts'
import { parseToken, sessionIdOf } from '#lib/crypto/session-token.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { credentialsOf } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { setSessionCookie } from '../sessions/session-cookie.ts'
import type { User } from '../users/user-store.ts'

/**
 * Gives a user who proved who they are a session of that level, audited before the token is given out: where the
 * audit entry cannot be written there is no session. The session the caller came with ends (OWASP: renew at sign-in).
 */
export async function finishSignIn(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  signIn: { user: User; aal: AssuranceLevel; delivery: 'cookie' | 'bearer' },
): Promise<LoginAnswer> {
  const { user, aal, delivery } = signIn
  const { practiceId } = user
  await endPresented(c, deps)

  const session = await deps.sessions.open(practiceId, user.id, aal)
  if (!session) throw new DomainError('invalid-credentials')
  try {
    await deps.audit.append({
      action: 'session.login',
      actor: user.id,
      practiceId,
      entity: `Session/${session.view.id}`,
      outcome: 'success',
      requestId: c.var.requestId,
    })
  } catch (error) {
    // Nobody has the token, so a session that cannot be taken back either only waits for its expiry.
    await deps.sessions
      .end(practiceId, session.tokenHash)
      .catch((cause: unknown) => c.var.log.warn({ err: cause }, 'session not taken back'))
    throw error
  }

  if (delivery === 'cookie') setSessionCookie(c, session.token)
  return {
    session: session.view,
    user: { id: user.id, email: user.email, practiceId, roles: [...user.roles] },
    ...(delivery === 'bearer' && { token: session.token }),
  }
}

async function endPresented(c: Context<ServiceEnv>, deps: AuthDeps): Promise<void> {
  const presented = parseToken(credentialsOf(c)?.token ?? '')
  if (!presented) return
  const { practiceId, hash } = presented
  const userId = await deps.sessions.end(practiceId, hash)
  if (userId === undefined) return
  await deps.audit.append({
    action: 'session.logout',
    actor: userId,
    practiceId,
    entity: `Session/${sessionIdOf(hash)}`,
    outcome: 'success',
    requestId: c.var.requestId,
    reason: 'replaced-by-sign-in',
  })
}
