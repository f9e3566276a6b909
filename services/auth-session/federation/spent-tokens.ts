import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { UnverifiedJws } from '#lib/jwt/read-jws.ts'
import { skewSeconds, type VerifiedClaims } from '#lib/jwt/verify-jwt.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

/** Longer than any provider's ID token lives (Auth0's default: 10 h). */
export const ageSecondsMax = 24 * 3_600

/**
 * True for the one call that spends the token; remembered until no clock would take it any more. It is known by what
 * is signed, because one signature can be written in several ways (ECDSA's s and −s).
 */
export async function spendToken(
  redis: RedisClient,
  token: UnverifiedJws,
  { iat, exp }: VerifiedClaims,
): Promise<boolean> {
  const until = Math.ceil(Math.min(exp, iat + ageSecondsMax) + 2 * skewSeconds) * 1_000
  const reply = await redis.set(sessionKeys.spentToken(sha256Hex(token.signed)), '1', 'PXAT', until, 'NX')
  return reply === 'OK'
}
