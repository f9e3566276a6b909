import { z } from 'zod'
import { PracticeId, Uuid } from '#lib/contract/ids.ts'
import { Permission } from '#lib/contract/permissions.ts'
import { AssuranceLevel } from '#lib/contract/session.ts'
import type { KeySet } from './key-set.ts'
import { readJws } from './read-jws.ts'
import { TokenRefused } from './token-refused.ts'
import { verifyJwt } from './verify-jwt.ts'

/** Ed25519 (RFC 8037). */
export const internalTokenAlgorithm = 'EdDSA'
/** RFC 9068 §2.1: tells an access token from every other kind of JWT. */
export const internalTokenType = 'at+jwt'
export const internalTokenSecondsMax = 300

/** For whom one service speaks to another, and what that user may do (RFC 9068 §2.2). */
export const InternalClaims = z.object({
  sub: Uuid,
  practice: PracticeId,
  permissions: z.array(Permission),
  acr: AssuranceLevel,
  /** The session's name in logs and audit. */
  sid: z.string(),
  jti: z.string(),
  client_id: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
})
export type InternalClaims = z.infer<typeof InternalClaims>

/**
 * Believes a token that auth-session minted for this audience. `keys` reads `GET /auth/.well-known/jwks.json`.
 * Throws `TokenRefused`; `RemoteUnavailable` where the keys cannot be had.
 */
export async function verifyInternalToken(
  text: string,
  rules: { issuer: string; audience: string; keys: KeySet; now: () => number },
): Promise<InternalClaims> {
  const claims = await verifyJwt(readJws(text), {
    issuer: rules.issuer,
    audiences: [rules.audience],
    algorithms: [internalTokenAlgorithm],
    types: [internalTokenType],
    ageSecondsMax: internalTokenSecondsMax,
    keys: rules.keys,
    now: rules.now,
  })
  const read = InternalClaims.safeParse(claims)
  if (!read.success) throw new TokenRefused('token-claims', read.error)
  return read.data
}
