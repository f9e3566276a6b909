import { Role } from '#lib/contract/permissions.ts'
import type { DataKeys } from '#lib/crypto/data-keys.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

/** Takes the place of a practice where nobody knows whose account it would be; no practice may carry this name. */
export const unknownPractice = 'unknown'
const unknownPlace = `${unknownPractice}/unknown`

/** NIST SP 800-63B-4 §3.2.2: at most 100 consecutive failures, then the authenticator is disabled. */
export const consecutiveFailuresMax = 100

export interface User {
  readonly practiceId: string
  readonly id: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly disabled: boolean
  readonly passwordHash: string
  /** Base32; undefined where no second factor is enrolled. */
  readonly totpSecret: string | undefined
}

export type NewUser = Omit<User, 'disabled'> & { readonly createdAt: number }
export type Authenticator = 'password' | 'totp'

export interface UserStore {
  /** Where an account lives, from its digest; of an unknown one a place where nobody lives. */
  locate(account: string): Promise<{ practiceId: string; userId: string }>
  find(practiceId: string, userId: string): Promise<User | undefined>
  /** Writes the user, whom nobody can reach before `link`. */
  write(user: NewUser): Promise<void>
  /** Lets the account's digest find the user; false where it finds somebody already. */
  link(account: string, user: Pick<User, 'practiceId' | 'id'>): Promise<boolean>
  remove(user: Pick<User, 'practiceId' | 'id'>): Promise<void>
  /** Counts a success or failure of one authenticator; false where it is, or now became, disabled. */
  settle(
    place: { practiceId: string; userId: string },
    authenticator: Authenticator,
    outcome: 'pass' | 'fail',
  ): Promise<boolean>
  /** True for the one call that spends the step first. */
  spendTotpStep(user: Pick<User, 'practiceId' | 'id'>, step: number): Promise<boolean>
}

const settleScript = loadScript<number>(
  new URL('../second-factors/settle-authenticator.lua', import.meta.url),
)
const spendStepScript = loadScript<number>(new URL('../second-factors/spend-totp-step.lua', import.meta.url))

export function createUserStore(deps: {
  redis: RedisClient
  cipher: FieldCipher
  dataKeys: DataKeys
}): UserStore {
  const { redis, cipher, dataKeys } = deps
  const place = (practiceId: string, userId: string, field: string) => ({
    practiceId,
    key: sessionKeys.user(practiceId, userId),
    field,
  })

  return {
    async locate(account) {
      const [practiceId = '', userId = ''] = (
        (await redis.get(sessionKeys.login(account))) ?? unknownPlace
      ).split('/')
      return { practiceId, userId }
    },

    async find(practiceId, userId) {
      const [stored, access] = await Promise.all([
        redis.hgetall(sessionKeys.user(practiceId, userId)),
        redis.hgetall(sessionKeys.access(practiceId, userId)),
      ])
      const { email, passwordHash, totp } = stored
      if (!email || !passwordHash) return undefined
      const open = (field: string, sealed: string) => cipher.decrypt(place(practiceId, userId, field), sealed)
      const held = (access.roles ?? '').split(',')
      return {
        practiceId,
        id: userId,
        email: await open('email', email),
        passwordHash: await open('passwordHash', passwordHash),
        totpSecret: totp ? await open('totp', totp) : undefined,
        roles: Role.options.filter((role) => held.includes(role)),
        disabled: access.disabled === '1',
      }
    },

    async write(user) {
      const { practiceId, id } = user
      await dataKeys.ensure(practiceId)
      const seal = (field: string, text: string) => cipher.encrypt(place(practiceId, id, field), text)
      const sealed = {
        email: await seal('email', user.email),
        passwordHash: await seal('passwordHash', user.passwordHash),
        ...(user.totpSecret !== undefined && { totp: await seal('totp', user.totpSecret) }),
        createdAt: new Date(user.createdAt).toISOString(),
      }
      await redis.hset(sessionKeys.user(practiceId, id), sealed)
      await redis.hset(sessionKeys.access(practiceId, id), {
        roles: user.roles.join(','),
        epoch: '0',
        disabled: '0',
      })
    },

    async link(account, user) {
      return (await redis.setnx(sessionKeys.login(account), `${user.practiceId}/${user.id}`)) === 1
    },

    async remove({ practiceId, id }) {
      await redis.del(sessionKeys.user(practiceId, id), sessionKeys.access(practiceId, id))
    },

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
