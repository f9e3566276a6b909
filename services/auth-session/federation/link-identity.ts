import type { AuthDeps } from '../auth-deps.ts'
import type { UserPlace } from '../users/user-store.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Subject } from './identity-store.ts'

/** More than one person has; a bound on what one account may store. */
const identitiesMax = 20

/**
 * Lets the subject open the account, audited before it can; answers the identity's id. Throws `already-linked` where
 * it opens another account.
 */
export async function linkIdentity(
  deps: Pick<AuthDeps, 'identities' | 'audit'>,
  user: UserPlace,
  subject: Subject,
  by: { actor: string; requestId: string },
): Promise<string> {
  const holder = await deps.identities.find(user.practiceId, subject)
  if (holder && holder.userId !== user.userId) throw new FederationRefused('already-linked', { user })
  if ((await deps.identities.list(user)).length >= identitiesMax)
    throw new FederationRefused('too-many-identities', { user })
  const id = await deps.identities.prepare(user, subject)
  await deps.audit.append({
    action: 'identity.link',
    practiceId: user.practiceId,
    entity: `User/${user.userId}`,
    outcome: 'success',
    reason: `identity ${id}`,
    ...by,
  })
  if (!(await deps.identities.activate(user, subject)))
    throw new FederationRefused('already-linked', { user })
  return id
}
