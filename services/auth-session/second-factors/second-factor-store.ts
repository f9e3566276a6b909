import { type Role, secondFactorRoles } from '#lib/contract/permissions.ts'
import type { SecondFactorMethod, SecondFactors } from '#lib/contract/second-factors.ts'
import type { SessionEnded } from '#lib/contract/session.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, secondFactorKeysOf, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { User, UserPlace } from '../users/user-store.ts'
import { consecutiveFailuresMax } from './authenticator-store.ts'

export type Removal = 'removed' | 'absent' | 'last'

/** What second factors a user has, whatever their kind. */
export interface SecondFactorStore {
  /** How the user can prove a second factor; empty where none is enrolled, for recovery codes alone are none. */
  methods(user: UserPlace): Promise<SecondFactorMethod[]>
  totpState(user: UserPlace): Promise<SecondFactors['totp']>
  /** Whether a role of theirs grants nothing without a second factor. */
  demanded(user: Pick<User, 'practiceId' | 'roles'>): Promise<boolean>
  /** `factor` is `totp` or a passkey's id; the last one of a user who must have one stays. */
  remove(user: UserPlace, factor: string, mustKeepOne: boolean): Promise<Removal>
  /** All factors are gone and all sessions ended; false where there is no such user. */
  reset(user: UserPlace): Promise<boolean>
  /** Roles that demand one beside those that do so everywhere. */
  addedRoles(practiceId: string): Promise<Role[]>
  setAddedRoles(practiceId: string, roles: readonly Role[]): Promise<void>
}

const removeScript = loadScript<number>(new URL('./remove-second-factor.lua', import.meta.url))
const resetScript = loadScript<number>(new URL('./reset-second-factors.lua', import.meta.url))
const removals: Readonly<Record<string, Removal>> = { '1': 'removed', '0': 'absent', '-1': 'last' }

export function createSecondFactorStore({ redis }: { redis: RedisClient }): SecondFactorStore {
  const userKey = ({ practiceId, userId }: UserPlace) => sessionKeys.user(practiceId, userId)

  const addedRoles = async (practiceId: string): Promise<Role[]> =>
    ((await redis.get(sessionKeys.secondFactorRoles(practiceId))) ?? '').split(',').filter(Boolean) as Role[]

  return {
    async methods(user) {
      const { practiceId, userId } = user
      const [totp, passkeys, codes] = await Promise.all([
        redis.hexists(userKey(user), 'totp'),
        redis.exists(sessionKeys.passkeys(practiceId, userId)),
        redis.exists(sessionKeys.recoveryCodes(practiceId, userId)),
      ])
      const enrolled: SecondFactorMethod[] = [
        ...(totp === 1 ? (['totp'] as const) : []),
        ...(passkeys === 1 ? (['passkey'] as const) : []),
      ]
      return enrolled.length > 0 && codes === 1 ? [...enrolled, 'recoveryCode'] : enrolled
    },

    async totpState(user) {
      const [totp, failures] = await redis.hmget(userKey(user), 'totp', 'totpFailures')
      if (!totp) return 'none'
      return Number(failures ?? 0) >= consecutiveFailuresMax ? 'disabled' : 'enrolled'
    },

    async demanded({ practiceId, roles }) {
      const demanding = [...secondFactorRoles, ...(await addedRoles(practiceId))]
      return roles.some((role) => demanding.includes(role))
    },

    async remove(user, factor, mustKeepOne) {
      const { practiceId, userId } = user
      const keys = [
        userKey(user),
        sessionKeys.passkeys(practiceId, userId),
        sessionKeys.passkeyUses(practiceId, userId),
        sessionKeys.recoveryCodes(practiceId, userId),
      ]
      const reply = await removeScript(redis, keys, [factor, mustKeepOne ? '1' : '0'])
      return removals[String(reply)] ?? 'absent'
    },

    async reset(user) {
      const { practiceId, userId } = user
      const keys = [
        userKey(user),
        sessionKeys.access(practiceId, userId),
        ...secondFactorKeysOf(practiceId, userId),
      ]
      const ended: SessionEnded = { practiceId, userId }
      return (await resetScript(redis, keys, [channels.sessionEnded, JSON.stringify(ended)])) === 1
    },

    addedRoles,

    async setAddedRoles(practiceId, roles) {
      await redis.set(sessionKeys.secondFactorRoles(practiceId), roles.join(','))
    },
  }
}
