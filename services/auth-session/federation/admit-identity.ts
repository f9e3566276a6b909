import type { Role } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { User } from '../users/user-store.ts'
import { holds } from './claims.ts'
import { FederationRefused } from './federation-refused.ts'
import { practiceOf, rolesOf } from './map-claims.ts'
import type { Provider } from './provider.ts'
import { provisionUser } from './provision-user.ts'

export interface Admitted {
  readonly user: User
  readonly aal: AssuranceLevel
}

/**
 * Whose account the claims open, and at which level: one factor, unless the provider's configuration says that the
 * token proves two. Throws `FederationRefused`.
 */
export async function admitIdentity(
  deps: AuthDeps,
  { config }: Provider,
  claims: VerifiedClaims,
  requestId: string,
): Promise<Admitted> {
  const practiceId = practiceOf(config, claims)
  const roles = rolesOf(config, claims)
  const subject = { issuer: config.issuer, subject: claims.sub }

  let place = await deps.identities.find(practiceId, subject)
  if (place === undefined && config.provision && roles !== undefined)
    place = await provisionUser(deps, { practiceId, roles, subject, claims, requestId })
  if (place === undefined) throw new FederationRefused('unknown-identity')

  const user = await deps.users.find(practiceId, place.userId)
  if (!user) throw new FederationRefused('unknown-identity')
  if (user.disabled) throw new FederationRefused('user-disabled', { user: place })
  return {
    user: roles === undefined ? user : await holdRoles(deps, user, roles, requestId),
    aal: config.secondFactor.some((test) => holds(claims, test)) ? 'aal2' : 'aal1',
  }
}

/** Where the provider decides the roles, the account holds them before the session begins. */
async function holdRoles(
  deps: AuthDeps,
  user: User,
  roles: readonly Role[],
  requestId: string,
): Promise<User> {
  if (roles.join() === user.roles.join()) return user
  await deps.audit.append({
    action: 'identity.roles',
    actor: deps.service,
    practiceId: user.practiceId,
    entity: `User/${user.id}`,
    outcome: 'success',
    requestId,
    reason: roles.join(','),
  })
  const { outcome } = await deps.access.change(user, { kind: 'roles', roles })
  // The practice's last administrator stays one, whatever the provider says.
  return outcome === 'done' ? { ...user, roles } : user
}
