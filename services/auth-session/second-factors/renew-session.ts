import type { Context } from 'hono'
import type { RenewedSession } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { deliverRenewed } from '../sessions/deliver-renewed.ts'
import type { Proved } from '../sessions/session-store.ts'

/**
 * Gives the caller's session, whose holder has just proved who they are, that level and a new token (OWASP: renew the
 * session id when the level changes), delivered as the old one came. Audited before the token is given out; where
 * that fails the session ends.
 */
export async function renewSession(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  { method, ...proved }: Pick<Proved, 'aal' | 'endOthers'> & { method: string },
): Promise<RenewedSession> {
  const { practiceId, userId, tokenHash } = c.var.session
  const renewed = await deps.sessions.rotate(practiceId, tokenHash, proved)
  if (!renewed) throw new DomainError('unauthenticated')
  try {
    await deps.audit.append({
      action: 'session.step-up',
      actor: userId,
      practiceId,
      entity: `Session/${renewed.view.id}`,
      outcome: 'success',
      requestId: c.var.requestId,
      reason: method,
    })
  } catch (error) {
    await deps.sessions
      .end(practiceId, renewed.tokenHash)
      .catch((cause: unknown) => c.var.log.warn({ err: cause }, 'session not taken back'))
    throw error
  }

  return deliverRenewed(c, renewed)
}
