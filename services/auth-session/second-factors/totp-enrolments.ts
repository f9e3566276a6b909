import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { UserPlace } from '../users/user-store.ts'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts'

/** How long a secret waits for its first code, in ms. */
export const enrolmentLifeMs = 600_000

/** A secret that was shown and not proved yet; `sealed` tells it from a later one. */
export interface PendingTotp {
  readonly secret: string
  readonly sealed: string
}

export interface TotpEnrolments {
  /** Keeps the secret, sealed, for ten minutes; an earlier pending one is void. */
  begin(user: UserPlace, secret: string): Promise<void>
  pending(user: UserPlace): Promise<PendingTotp | undefined>
  /** True for the one call that takes this pending secret. */
  claim(user: UserPlace, pending: PendingTotp): Promise<boolean>
  /** Makes it the user's, with new recovery codes; undefined where the user is gone. */
  complete(user: UserPlace, secret: string, step: number): Promise<string[] | undefined>
}

const enrolScript = loadScript<number>(new URL('./enrol-totp.lua', import.meta.url))

export function createTotpEnrolments(deps: { redis: RedisClient; cipher: FieldCipher }): TotpEnrolments {
  const { redis, cipher } = deps
  const keyOf = ({ practiceId, userId }: UserPlace) => sessionKeys.totpEnrolment(practiceId, userId)
  const placeOf = ({ practiceId }: UserPlace, key: string) => ({ practiceId, key, field: 'totp' })

  return {
    async begin(user, secret) {
      const key = keyOf(user)
      await redis.set(key, await cipher.encrypt(placeOf(user, key), secret), 'PX', enrolmentLifeMs)
    },

    async pending(user) {
      const key = keyOf(user)
      const sealed = await redis.get(key)
      return sealed === null
        ? undefined
        : { sealed, secret: await cipher.decrypt(placeOf(user, key), sealed) }
    },

    claim: async (user, { sealed }) => (await redis.getdel(keyOf(user))) === sealed,

    async complete(user, secret, step) {
      const { practiceId, userId } = user
      const codes = newRecoveryCodes()
      const key = sessionKeys.user(practiceId, userId)
      const sealed = await cipher.encrypt(placeOf(user, key), secret)
      const hashes = codes.map((code) => recoveryCodeHash(user, code))
      const done = await enrolScript(
        redis,
        [key, sessionKeys.recoveryCodes(practiceId, userId)],
        [sealed, step, ...hashes],
      )
      return done === 1 ? codes : undefined
    },
  }
}
