import { errors, jwtVerify } from 'jose'
import type { KeySet } from './key-set.ts'
import type { UnverifiedJws } from './read-jws.ts'
import { type TokenFault, TokenRefused } from './token-refused.ts'

/** What a token must be to be believed. All of it is ours; nothing comes from the token. */
export interface TokenRules {
  readonly issuer: string
  /** One of them must be among those the token is for. */
  readonly audiences: readonly string[]
  /** Signature algorithms that this issuer uses; none of them symmetric. */
  readonly algorithms: readonly string[]
  /** Media types of the header `typ`, in lower case and without `application/` (RFC 8725 §3.11). */
  readonly types: readonly (string | undefined)[]
  /** A token is refused this long after it was issued, whatever its own expiry says; seconds. */
  readonly ageSecondsMax: number
  readonly keys: KeySet
  readonly now: () => number
}

/** The claims of a token that has passed; times in seconds since the epoch. */
export interface VerifiedClaims {
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  readonly [name: string]: unknown
}

/** How far two servers' clocks may be apart. */
export const skewSeconds = 30

/** Believes a token that keeps every rule (RFC 8725). Throws `TokenRefused`; `RemoteUnavailable` without keys. */
export async function verifyJwt(token: UnverifiedJws, rules: TokenRules): Promise<VerifiedClaims> {
  const { header, text } = token
  if (!rules.algorithms.includes(header.alg)) throw new TokenRefused('token-algorithm')
  const type = header.typ?.toLowerCase().replace(/^application\//, '')
  if (!rules.types.includes(type)) throw new TokenRefused('token-type')
  const key = await rules.keys.find(header)
  try {
    const { payload } = await jwtVerify(text, key, {
      algorithms: [header.alg],
      issuer: rules.issuer,
      audience: [...rules.audiences],
      clockTolerance: skewSeconds,
      currentDate: new Date(rules.now()),
      maxTokenAge: rules.ageSecondsMax,
      requiredClaims: ['sub', 'exp'],
    })
    const { sub, aud, iat, exp } = payload
    // RFC 7519 lets a subject be any text; OpenID Connect Core §2 ends it at 255 ASCII characters.
    if (typeof sub !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(sub) || aud === undefined)
      throw new TokenRefused('token-claims')
    // JSON can say 1e999, which is no time.
    if (!Number.isFinite(iat) || !Number.isFinite(exp) || iat === undefined || exp === undefined)
      throw new TokenRefused('token-claims')
    return { ...payload, sub, aud, iat, exp }
  } catch (error) {
    throw error instanceof TokenRefused ? error : new TokenRefused(faultOf(error), error)
  }
}

const faultOfClaim: Readonly<Record<string, TokenFault>> = {
  iss: 'token-issuer',
  aud: 'token-audience',
  nbf: 'token-not-yet-valid',
  iat: 'token-not-yet-valid',
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return 'token-expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token-signature'
  if (error instanceof errors.JWTClaimValidationFailed)
    return (error.reason === 'check_failed' && faultOfClaim[error.claim]) || 'token-claims'
  if (error instanceof errors.JOSEError) return 'token-malformed'
  // WebCrypto's own refusal of a key or a signature's form.
  return 'token-signature'
}
