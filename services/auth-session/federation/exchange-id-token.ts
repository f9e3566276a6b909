import type { Context } from 'hono'
import { type TokenAnswer, type TokenRequest, tokenTypes } from '#lib/contract/federation.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { admitIdentity } from './admit-identity.ts'
import { endFederatedSignIn } from './end-federated-sign-in.ts'
import { judge } from './judge.ts'
import { OAuthRefused } from './oauth-refused.ts'
import { providerNamedBy, redeemIdToken } from './redeem-id-token.ts'
import { secondsBetween } from './seconds-between.ts'

/** A session token for an ID token of a configured issuer; the ID token is forgotten, and worth nothing here again. */
export async function exchangeIdToken(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  form: TokenRequest & { subject_token: string },
): Promise<TokenAnswer> {
  if (form.audience !== undefined || form.resource !== undefined)
    throw new OAuthRefused('invalid_target', 'a session token is for this service')
  if (form.requested_token_type !== undefined && form.requested_token_type !== tokenTypes.accessToken)
    throw new OAuthRefused('invalid_request', 'requested_token_type is not supported')

  const provider = providerNamedBy(deps, form.subject_token)
  const admitted = await judge(c, deps, provider, async () => {
    const { claims, from } = await redeemIdToken(deps, provider, form.subject_token)
    return admitIdentity(deps, from, claims, c.var.requestId)
  })
  const { token, session } = await endFederatedSignIn(c, deps, { ...admitted, delivery: 'bearer' })
  if (token === undefined) throw new Error('a bearer sign-in answers a token')
  return {
    access_token: token,
    issued_token_type: tokenTypes.accessToken,
    token_type: 'Bearer',
    // What is sure: use makes it longer, up to the session's absolute expiry.
    expires_in: secondsBetween(session.createdAt, session.idleExpiresAt),
  }
}
