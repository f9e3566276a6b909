import { randomBytes } from 'node:crypto'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { UserPlace } from '../users/user-store.ts'

/** Crockford's base32: no letter that is taken for a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const codes = 10
const groups = 5
const groupLength = 5

/**
 * Ten codes of 125 random bits. NIST SP 800-63B-4 §3.1.2: from 112 bits on a look-up secret needs neither salt nor a
 * slow hash, and guessing it needs no bound of its own.
 */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: codes }, () =>
    Array.from({ length: groups }, () =>
      [...randomBytes(groupLength)].map((byte) => alphabet[byte % alphabet.length]).join(''),
    ).join('-'),
  )

/** What Redis knows of a code: bound to its user, and the same however the code was typed. */
export function recoveryCodeHash({ practiceId, userId }: UserPlace, typed: string): string {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  return sha256Hex(`recovery-code ${practiceId}/${userId} ${code}`)
}

export interface RecoveryCodes {
  left(user: UserPlace): Promise<number>
  /** True for the one call that uses the code up. */
  spend(user: UserPlace, code: string): Promise<boolean>
  /** Puts ten new ones in the place of what is left, and answers them: nobody can read them again. */
  renew(user: UserPlace): Promise<string[]>
}

export function createRecoveryCodes({ redis }: { redis: RedisClient }): RecoveryCodes {
  const keyOf = ({ practiceId, userId }: UserPlace) => sessionKeys.recoveryCodes(practiceId, userId)
  return {
    left: (user) => redis.scard(keyOf(user)),
    spend: async (user, code) => (await redis.srem(keyOf(user), recoveryCodeHash(user, code))) === 1,
    async renew(user) {
      const fresh = newRecoveryCodes()
      const hashes = fresh.map((code) => recoveryCodeHash(user, code))
      await redis.multi().del(keyOf(user)).sadd(keyOf(user), hashes).exec()
      return fresh
    },
  }
}
