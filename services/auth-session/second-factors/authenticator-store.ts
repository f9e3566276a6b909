import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { User, UserPlace } from '../users/user-store.ts'

/** NIST SP 800-63B-4 §3.2.2: at most 100 consecutive failures, then the authenticator is disabled. */
export const consecutiveFailuresMax = 100

export type Authenticator = 'password' | 'totp'

/** What was tried with a user's authenticators. Rejects where Redis is away. */
export interface AuthenticatorStore {
  /** Counts a success or failure of one; false where it is, or now became, disabled. */
  settle(place: UserPlace, authenticator: Authenticator, outcome: 'pass' | 'fail'): Promise<boolean>
  /** True for the one call that spends the step first. */
  spendTotpStep(user: Pick<User, 'practiceId' | 'id'>, step: number): Promise<boolean>
}

const settleScript = loadScript<number>(new URL('./settle-authenticator.lua', import.meta.url))
const spendStepScript = loadScript<number>(new URL('./spend-totp-step.lua', import.meta.url))

export function createAuthenticatorStore({ redis }: { redis: RedisClient }): AuthenticatorStore {
  return {
    async settle({ practiceId, userId }, authenticator, outcome) {
      const args = [`${authenticator}Failures`, outcome, consecutiveFailuresMax]
      const failures = await settleScript(redis, [sessionKeys.user(practiceId, userId)], args)
      return failures < consecutiveFailuresMax
    },

    async spendTotpStep({ practiceId, id }, step) {
      return (await spendStepScript(redis, [sessionKeys.user(practiceId, id)], [step])) === 1
    },
  }
}
