import { z } from 'zod'
import { Instant } from '#lib/contract/ids.ts'
import type { DataKeys } from '#lib/crypto/data-keys.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { LoginIndex } from '../users/login-index.ts'
import type { UserPlace } from '../users/user-store.ts'

export interface Subject {
  readonly issuer: string
  readonly subject: string
}

const Identity = z.object({ issuer: z.string(), subject: z.string(), linkedAt: Instant })
export type Identity = z.infer<typeof Identity> & { readonly id: string }

/** Which account a provider's subject opens. Redis knows the two only by a keyed digest, and sealed. */
export interface IdentityStore {
  /** Whom the subject opens in that practice; one person may have accounts in several. */
  find(practiceId: string, subject: Subject): Promise<UserPlace | undefined>
  list(user: UserPlace): Promise<Identity[]>
  /** Writes the identity down with its user; it opens nothing before `activate`. Answers its id. */
  prepare(user: UserPlace, subject: Subject): Promise<string>
  /** Lets the subject open the account; false where it opens another one. */
  activate(user: UserPlace, subject: Subject): Promise<boolean>
  /** From then on the subject opens nothing; undefined where the user has no such identity. */
  remove(user: UserPlace, id: string): Promise<Identity | undefined>
  /** For a user who is taken away. */
  removeAll(user: UserPlace): Promise<void>
}

export function createIdentityStore(deps: {
  redis: RedisClient
  cipher: FieldCipher
  dataKeys: DataKeys
  index: LoginIndex
  now: () => number
}): IdentityStore {
  const { redis, cipher, dataKeys, index, now } = deps
  const digestOf = (practiceId: string, { issuer, subject }: Subject) =>
    index.identity(practiceId, issuer, subject)
  const listOf = ({ practiceId, userId }: UserPlace) => sessionKeys.identities(practiceId, userId)
  const placeOf = (user: UserPlace, field: string) => ({
    practiceId: user.practiceId,
    key: listOf(user),
    field,
  })

  const read = async (user: UserPlace, id: string, sealed: string): Promise<Identity> => ({
    ...Identity.parse(JSON.parse(await cipher.decrypt(placeOf(user, id), sealed))),
    id,
  })

  const remove = async (user: UserPlace, identity: Identity): Promise<void> => {
    const key = sessionKeys.identity(digestOf(user.practiceId, identity))
    // An identity that was never activated here may open another account, which is not ours to close.
    if ((await redis.get(key)) === user.userId) await redis.del(key)
    await redis.hdel(listOf(user), identity.id)
  }

  const list = async (user: UserPlace): Promise<Identity[]> => {
    const sealed = Object.entries(await redis.hgetall(listOf(user)))
    return Promise.all(sealed.map(([id, text]) => read(user, id, text)))
  }

  return {
    list,

    async find(practiceId, subject) {
      const userId = await redis.get(sessionKeys.identity(digestOf(practiceId, subject)))
      return userId === null ? undefined : { practiceId, userId }
    },

    async prepare(user, { issuer, subject }) {
      const id = idOf(digestOf(user.practiceId, { issuer, subject }))
      await dataKeys.ensure(user.practiceId)
      const text = JSON.stringify({ issuer, subject, linkedAt: new Date(now()).toISOString() })
      await redis.hset(listOf(user), id, await cipher.encrypt(placeOf(user, id), text))
      return id
    },

    async activate(user, subject) {
      const digest = digestOf(user.practiceId, subject)
      const key = sessionKeys.identity(digest)
      if ((await redis.setnx(key, user.userId)) === 1) return true
      if ((await redis.get(key)) === user.userId) return true
      await redis.hdel(listOf(user), idOf(digest))
      return false
    },

    async remove(user, id) {
      const sealed = await redis.hget(listOf(user), id)
      if (sealed === null) return undefined
      const identity = await read(user, id, sealed)
      await remove(user, identity)
      return identity
    },

    async removeAll(user) {
      for (const identity of await list(user)) await remove(user, identity)
    },
  }
}

/** Names an identity among a user's own. */
const idOf = (digest: string): string => digest.slice(0, 16)
