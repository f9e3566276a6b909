import { Role } from '#lib/contract/permissions.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import { type ClaimName, holds, valuesOf } from './claims.ts'
import { FederationRefused } from './federation-refused.ts'
import type { OidcProvider } from './provider-config.ts'

/** The one practice the token may speak for. Throws `FederationRefused`. */
export function practiceOf(config: OidcProvider, claims: VerifiedClaims): string {
  if (!config.require.every((test) => holds(claims, test))) throw new FederationRefused('claim-required')
  if (typeof config.practice === 'string') return config.practice
  const [practiceId, ...more] = mapped(config.practice, claims)
  if (practiceId === undefined || more.length > 0) throw new FederationRefused('practice-not-mapped')
  return practiceId
}

/** The roles the token gives, at least one; undefined where they are not the provider's to give. */
export function rolesOf({ roles }: OidcProvider, claims: VerifiedClaims): Role[] | undefined {
  if (roles === undefined) return undefined
  const given = mapped(roles, claims).flat()
  if (given.length === 0) throw new FederationRefused('no-role')
  return Role.options.filter((role) => given.includes(role))
}

function mapped<T>(mapping: { claim: ClaimName; values: Record<string, T> }, claims: VerifiedClaims): T[] {
  const table = new Map(Object.entries(mapping.values))
  return valuesOf(claims, mapping.claim).flatMap((value) => {
    const found = table.get(String(value))
    return found === undefined ? [] : [found]
  })
}
