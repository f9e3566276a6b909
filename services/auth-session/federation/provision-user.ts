import type { Role } from '#lib/contract/permissions.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { createUser } from '../users/create-user.ts'
import type { UserPlace } from '../users/user-store.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Subject } from './identity-store.ts'
import { linkIdentity } from './link-identity.ts'

/**
 * Makes the account of somebody who comes for the first time; of two calls at the same time one makes it. An address
 * that has an account here is not enough to open that: identity is issuer and subject, never e-mail.
 */
export async function provisionUser(
  deps: AuthDeps,
  wanted: {
    practiceId: string
    roles: readonly Role[]
    subject: Subject
    claims: VerifiedClaims
    requestId: string
  },
): Promise<UserPlace> {
  const { practiceId, roles, subject, requestId } = wanted
  const { email, email_verified: verified } = wanted.claims
  // An address that nobody has verified would keep its owner from ever having an account here.
  if (
    typeof email !== 'string' ||
    verified !== true ||
    email.length > 254 ||
    !/^[^@\s]+@[^@\s]+$/.test(email)
  )
    throw new FederationRefused('email-unusable')

  const by = { actor: deps.service, requestId }
  const userId = await createUser(deps, { email, practiceId, roles }, by)
  if (userId === undefined) {
    const meanwhile = await deps.identities.find(practiceId, subject)
    if (!meanwhile) throw new FederationRefused('email-unusable')
    return meanwhile
  }
  const place = { practiceId, userId }
  await linkIdentity(deps, place, subject, by)
  return place
}
