import { Role } from '#lib/contract/permissions.ts'
import type { SessionEnded } from '#lib/contract/session.ts'
import type { DataKeys } from '#lib/crypto/data-keys.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { renewByTheWay } from '#lib/crypto/renew-fields.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { createOpenedAddresses } from './opened-addresses.ts'

/** Takes the place of a practice where nobody knows whose account it would be; no practice may carry this name. */
export const unknownPractice = 'unknown'
const unknownPlace = `${unknownPractice}/unknown`

/** As open-session.lua writes them. */
const epochsOf = (user = '', practice: string | null) => `${user}.${practice ?? '0'}`

export interface User {
  readonly practiceId: string
  readonly id: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly disabled: boolean
  /** The user's and the practice's epoch as they were read: proof given before a revocation opens no session after it. */
  readonly epochs: string
  /** Goes up with every change by an administrator. */
  readonly version: number
  readonly createdAt: number
  readonly passwordHash: string
  /** Where somebody else chose the password: when it stops signing in, in ms. */
  readonly firstPasswordUntil?: number | undefined
  /** Base32; undefined where no second factor is enrolled. */
  readonly totpSecret: string | undefined
}

export type NewUser = Omit<User, 'disabled' | 'epochs' | 'version'>

/** Names a user without saying who it is. */
export interface UserPlace {
  readonly practiceId: string
  readonly userId: string
}

export interface UserStore {
  /** Where an account lives, from its digest; of an unknown one a place where nobody lives. */
  locate(account: string): Promise<UserPlace>
  find(practiceId: string, userId: string): Promise<User | undefined>
  /** The address, which was read as it is kept. */
  openEmail(user: UserPlace, sealed: string): Promise<string>
  /** How many users the practice has. */
  count(practiceId: string): Promise<number>
  /** Writes the user, whom nobody can reach before `link`. */
  write(user: NewUser): Promise<void>
  /** Lets the account's digest find the user; false where it finds somebody already. */
  link(account: string, user: Pick<User, 'practiceId' | 'id'>): Promise<boolean>
  /** Takes the digest away where it finds this user. */
  unlink(account: string, user: Pick<User, 'practiceId' | 'id'>): Promise<void>
  rename(user: Pick<User, 'practiceId' | 'id'>, email: string): Promise<void>
  /** Another password, whose failures count from zero; in the same step every session of the user ends. */
  resetPassword(
    user: Pick<User, 'practiceId' | 'id'>,
    to: Pick<User, 'passwordHash' | 'firstPasswordUntil'>,
  ): Promise<void>
  remove(user: Pick<User, 'practiceId' | 'id'>): Promise<void>
}

const unlinkScript = loadScript<number>(new URL('./unlink.lua', import.meta.url))
const renameScript = loadScript<number>(new URL('./rename-user.lua', import.meta.url))
const resetScript = loadScript<number>(new URL('./reset-password.lua', import.meta.url))

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

  const openAddress = createOpenedAddresses({
    dataKeys,
    open: (practiceId, userId, sealed) => cipher.decrypt(place(practiceId, userId, 'email'), sealed),
  })

  return {
    async locate(account) {
      const [practiceId = '', userId = ''] = (
        (await redis.get(sessionKeys.login(account))) ?? unknownPlace
      ).split('/')
      return { practiceId, userId }
    },

    async find(practiceId, userId) {
      const [stored, access, practiceEpoch] = await Promise.all([
        redis.hgetall(sessionKeys.user(practiceId, userId)),
        redis.hgetall(sessionKeys.access(practiceId, userId)),
        redis.get(sessionKeys.epoch(practiceId)),
      ])
      const { email, passwordHash, totp, firstPasswordUntil } = stored
      if (!email || !passwordHash) return undefined
      const open = (field: string, sealed: string) => cipher.decrypt(place(practiceId, userId, field), sealed)
      const held = (access.roles ?? '').split(',')
      const user = {
        practiceId,
        id: userId,
        email: await open('email', email),
        passwordHash: await open('passwordHash', passwordHash),
        ...(firstPasswordUntil !== undefined && { firstPasswordUntil: Number(firstPasswordUntil) }),
        totpSecret: totp ? await open('totp', totp) : undefined,
        roles: Role.options.filter((role) => held.includes(role)),
        disabled: access.disabled === '1',
        epochs: epochsOf(access.epoch, practiceEpoch),
        version: Number(access.version ?? 1),
        createdAt: Date.parse(stored.createdAt ?? ''),
      }
      // Users outlive their practice's data keys.
      const fields = Object.entries({ email, passwordHash, ...(totp && { totp }) }).map(
        ([field, sealed]) => ({
          field,
          sealed,
          place: place(practiceId, userId, field),
        }),
      )
      await renewByTheWay(deps, sessionKeys.user(practiceId, userId), fields)
      return user
    },

    openEmail: ({ practiceId, userId }, sealed) => openAddress(practiceId, userId, sealed),

    count: (practiceId) => redis.zcard(sessionKeys.users(practiceId)),

    async write(user) {
      const { practiceId, id } = user
      await dataKeys.ensure(practiceId)
      const seal = (field: string, text: string) => cipher.encrypt(place(practiceId, id, field), text)
      const sealed = {
        email: await seal('email', user.email),
        passwordHash: await seal('passwordHash', user.passwordHash),
        ...(user.firstPasswordUntil !== undefined && { firstPasswordUntil: user.firstPasswordUntil }),
        ...(user.totpSecret !== undefined && { totp: await seal('totp', user.totpSecret) }),
        createdAt: new Date(user.createdAt).toISOString(),
      }
      await redis.hset(sessionKeys.user(practiceId, id), sealed)
      await redis.hset(sessionKeys.access(practiceId, id), {
        roles: user.roles.join(','),
        epoch: '0',
        disabled: '0',
        version: '1',
      })
      await redis.zadd(sessionKeys.users(practiceId), 0, id)
    },

    async link(account, user) {
      return (await redis.setnx(sessionKeys.login(account), `${user.practiceId}/${user.id}`)) === 1
    },

    unlink: async (account, { practiceId, id }) => {
      await unlinkScript(redis, [sessionKeys.login(account)], [`${practiceId}/${id}`])
    },

    async rename({ practiceId, id }, email) {
      const sealed = await cipher.encrypt(place(practiceId, id, 'email'), email)
      await renameScript(redis, [sessionKeys.user(practiceId, id)], [sealed])
    },

    async resetPassword({ practiceId, id }, { passwordHash, firstPasswordUntil = '' }) {
      const sealed = await cipher.encrypt(place(practiceId, id, 'passwordHash'), passwordHash)
      const keys = [sessionKeys.user(practiceId, id), sessionKeys.access(practiceId, id)]
      const ended: SessionEnded = { practiceId, userId: id }
      await resetScript(redis, keys, [
        sealed,
        firstPasswordUntil,
        channels.sessionEnded,
        JSON.stringify(ended),
      ])
    },

    async remove({ practiceId, id }) {
      await redis.zrem(sessionKeys.users(practiceId), id)
      await redis.del(sessionKeys.access(practiceId, id), ...sessionKeys.personalDataOf(practiceId, id))
    },
  }
}
