import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  ClientError,
  ResponseBodyError,
} from 'openid-client'
import { RemoteUnavailable } from '#lib/jwt/remote-value.ts'
import type { VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Flow } from './flow-store.ts'
import type { Provider } from './provider.ts'
import { redeemIdToken } from './redeem-id-token.ts'

/**
 * The claims that the provider gives for the code in its answer. Its access token is dropped here, and its ID token
 * when it has been read. Throws `FederationRefused`, `TokenRefused` or `RemoteUnavailable`.
 */
export async function redeemCode(
  deps: Pick<AuthDeps, 'redis'>,
  provider: Provider,
  flow: Flow,
  answer: URL,
): Promise<VerifiedClaims> {
  const { nonce, verifier } = flow
  const client = await provider.client()
  const tokens = await authorizationCodeGrant(client, answer, {
    expectedState: answer.searchParams.get('state') ?? '',
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  }).catch((error: unknown) => {
    throw refusalOf(error)
  })
  if (tokens.id_token === undefined) throw new FederationRefused('code-refused')
  // Once more by our own rules: the library does not check the signature of what it fetched itself.
  return (await redeemIdToken(deps, provider, tokens.id_token, { nonce })).claims
}

function refusalOf(cause: unknown): Error {
  if (cause instanceof AuthorizationResponseError) return new FederationRefused('provider-said-no', { cause })
  const answered = cause instanceof ResponseBodyError && cause.status < 500
  const unsound =
    cause instanceof ClientError && !/TIMEOUT|RESPONSE_IS_NOT_(CONFORM|JSON)/.test(cause.code ?? '')
  return answered || unsound
    ? new FederationRefused('code-refused', { cause })
    : new RemoteUnavailable('the code cannot be redeemed', { cause })
}
