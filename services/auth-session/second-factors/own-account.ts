import type { Context } from 'hono'
import { DomainError } from '#lib/http/domain-error.ts'
import { requireProof, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { User, UserPlace } from '../users/user-store.ts'

/** The user of the session that asks. */
export async function ownAccount(
  c: Context<ServiceEnv>,
  deps: Pick<AuthDeps, 'users'>,
): Promise<{ user: User; place: UserPlace }> {
  const { practiceId, userId } = c.var.session
  const user = await deps.users.find(practiceId, userId)
  if (!user) throw new DomainError('unauthenticated')
  return { user, place: { practiceId, userId } }
}

/**
 * Who adds a second factor has just proved the best they have: a password or a provider's sign-in while there is
 * none, a second factor from then on (NIST SP 800-63B-4 §4.1.2).
 */
export async function requireBestProof(
  c: Context<ServiceEnv>,
  deps: Pick<AuthDeps, 'secondFactors'>,
  place: UserPlace,
): Promise<void> {
  const methods = await deps.secondFactors.methods(place)
  requireProof(c.var.session, { freshMs: stepUpFreshMs, ...(methods.length > 0 && { aal: 'aal2' }) })
}

/** What every audit event about one's own account says. */
export const ownEvent = (c: Context<ServiceEnv>) => {
  const { practiceId, userId } = c.var.session
  return { actor: userId, practiceId, entity: `User/${userId}`, requestId: c.var.requestId }
}
