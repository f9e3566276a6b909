import { SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import type { ActiveSession } from '#lib/http/active-session.ts'
import {
  type InternalClaims,
  internalTokenAlgorithm,
  internalTokenType,
} from '#lib/jwt/verify-internal-token.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface TokenMint {
  /** Services that a token may be made for. */
  readonly audiences: readonly string[]
  /** A token by which one audience acts for the session's user; answers its life in seconds, too. */
  mint(session: ActiveSession, audience: string): Promise<{ token: string; seconds: number }>
}

/** Tokens live for `seconds`, and never longer than the session itself. */
export function createTokenMint(deps: {
  keys: SigningKeys
  issuer: string
  audiences: readonly string[]
  seconds: number
  now: () => number
}): TokenMint {
  const { keys, issuer, audiences, now } = deps
  return {
    audiences,
    async mint(session, audience) {
      const iat = Math.floor(now() / 1_000)
      const left = Math.floor((session.absoluteExpiresAt - session.checkedAt) / 1_000)
      const seconds = Math.min(deps.seconds, left)
      const claims: InternalClaims = {
        sub: session.userId,
        practice: session.practiceId,
        permissions: [...session.permissions],
        acr: session.aal,
        sid: session.id,
        jti: uuidv7(),
        client_id: 'auth-session',
        aud: audience,
        iat,
        exp: iat + seconds,
      }
      const { kid, key } = await keys.current()
      const token = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: internalTokenAlgorithm, typ: internalTokenType, kid })
        .setIssuer(issuer)
        .sign(key)
      return { token, seconds }
    },
  }
}
