import { randomBytes } from 'node:crypto'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

/** A sign-in whose password was right and which waits for its second factor. */
export interface Challenge {
  readonly practiceId: string
  readonly userId: string
  /** The account's digest, under which failures are counted. */
  readonly account: string
  /** `User.epochs` when the password was found right: a revocation since then ends the sign-in too. */
  readonly epochs: string
  /** That password was a first one. */
  readonly firstPassword: boolean
}

export interface ChallengeLimits {
  readonly lifeMs: number
  readonly triesMax: number
}

export const defaultChallengeLimits: ChallengeLimits = { lifeMs: 300_000, triesMax: 5 }

/** Redis knows a challenge by the hash of its id only, like a session. */
export interface ChallengeStore {
  /** → the id: 32 random bytes, base64url. */
  open(challenge: Challenge): Promise<string>
  find(id: string): Promise<Challenge | undefined>
  /** Takes one try: how many are left after it, undefined where there was none to take. */
  take(id: string): Promise<number | undefined>
  /** True for the one call that uses it up. */
  consume(id: string): Promise<boolean>
}

const tryScript = loadScript<number>(new URL('./try-challenge.lua', import.meta.url))

export function createChallengeStore(deps: { redis: RedisClient; limits: ChallengeLimits }): ChallengeStore {
  const { redis, limits } = deps
  const keyOf = (id: string) => sessionKeys.challenge(sha256Hex(id))
  return {
    async open({ firstPassword, ...challenge }) {
      const id = randomBytes(32).toString('base64url')
      const key = keyOf(id)
      await redis
        .multi()
        .hset(key, { ...challenge, firstPassword: firstPassword ? '1' : '' })
        .pexpire(key, limits.lifeMs)
        .exec()
      return id
    },

    async find(id) {
      const { practiceId, userId, account, epochs, firstPassword } = await redis.hgetall(keyOf(id))
      if (!practiceId || !userId || !account || !epochs) return undefined
      return { practiceId, userId, account, epochs, firstPassword: firstPassword === '1' }
    },

    async take(id) {
      const left = await tryScript(redis, [keyOf(id)], [limits.triesMax])
      return left < 0 ? undefined : left
    },

    consume: async (id) => (await redis.del(keyOf(id))) === 1,
  }
}
