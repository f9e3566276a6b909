import type { Context } from 'hono'
import type { AssuranceLevel, LoginAnswer } from '#lib/contract/session.ts'
import { parseToken, sessionIdOf } from '#lib/crypto/session-token.ts'
import { addressClassOf } from '#lib/http/address-class.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { credentialsOf } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { seenDevice } from '../sessions/device.ts'
import { setSessionCookie } from '../sessions/session-cookie.ts'
import { tellAlert } from '../sessions/tell-alert.ts'
import type { User } from '../users/user-store.ts'
import { clientAddress } from './client-address.ts'

/**
 * Gives a user who proved who they are a session of that level, audited before the token is given out: where the
 * audit entry cannot be written there is no session. The session the caller came with ends (OWASP: renew at sign-in).
 */
export async function finishSignIn(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  // `method` is how it was proved, for the audit log.
  signIn: {
    user: User
    aal: AssuranceLevel
    delivery: 'cookie' | 'bearer'
    method?: string
    firstPassword?: boolean
  },
): Promise<LoginAnswer> {
  const { user, aal, delivery, method, firstPassword = false } = signIn
  const { practiceId } = user
  await endPresented(c, deps)

  const device = await seenDevice(c, deps, user)
  const beginning = { epochs: user.epochs, device, firstPassword }
  const session = await deps.sessions.open(practiceId, user.id, aal, beginning)
  if (!session) throw new DomainError('invalid-credentials')
  try {
    const actions = session.newDevice
      ? (['session.login', 'session.new-device'] as const)
      : (['session.login'] as const)
    await Promise.all(
      actions.map((action) =>
        deps.audit.append({
          action,
          actor: user.id,
          practiceId,
          entity: `Session/${session.view.id}`,
          outcome: 'success',
          requestId: c.var.requestId,
          network: addressClassOf(clientAddress(c, deps.trustedProxies)),
          ...(method !== undefined && { reason: method }),
        }),
      ),
    )
    if (session.newDevice)
      await tellAlert(deps.bus, practiceId, {
        kind: 'new-device',
        userId: user.id,
        entity: `Session/${session.view.id}`,
      })
  } catch (error) {
    // Nobody has the token, so a session that cannot be taken back either only waits for its expiry.
    await deps.sessions
      .end(practiceId, session.tokenHash)
      .catch((cause: unknown) => c.var.log.warn({ err: cause }, 'session not taken back'))
    throw error
  }

  const practices = await deps.links.practices(user)
  if (delivery === 'cookie') setSessionCookie(c, session.token)
  return {
    session: session.view,
    user: { id: user.id, email: user.email, practiceId, roles: [...user.roles] },
    ...(delivery === 'bearer' && { token: session.token }),
    newDevice: session.newDevice,
    otherSessions: session.otherSessions,
    ...(practices.length > 0 && { practices }),
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
