import { readJws, type UnverifiedJws } from '#lib/jwt/read-jws.ts'
import { TokenRefused } from '#lib/jwt/token-refused.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Provider } from './provider.ts'
import { spendToken } from './spent-tokens.ts'

/** The provider that an ID token brought to us says it is of; whether that is true is found out by `redeemIdToken`. */
export function providerNamedBy(deps: Pick<AuthDeps, 'providers'>, text: string): Provider | undefined {
  let token: UnverifiedJws
  try {
    token = readJws(text)
  } catch {
    return undefined
  }
  return deps.providers.find(
    ({ config: { issuer, signIn } }) => issuer === token.claims.iss && signIn.includes('token-exchange'),
  )
}

/**
 * The claims of an ID token and whose they are, for the one call that redeems it; from then on the token is worth
 * nothing here. Throws `FederationRefused`, `TokenRefused` or `RemoteUnavailable`.
 */
export async function redeemIdToken(
  deps: Pick<AuthDeps, 'redis'>,
  provider: Provider | undefined,
  text: string,
  expected: { nonce: string | undefined } = { nonce: undefined },
): Promise<{ claims: VerifiedClaims; from: Provider }> {
  const token = readJws(text)
  if (!provider) throw new FederationRefused('unknown-issuer')
  const claims = await provider.verify(token, expected)
  if (!(await spendToken(deps.redis, token, claims))) throw new TokenRefused('token-replayed')
  return { claims, from: provider }
}
