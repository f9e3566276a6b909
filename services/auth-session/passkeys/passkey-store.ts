import { z } from 'zod'
import type { PasskeyView } from '#lib/contract/second-factors.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { newRecoveryCodes, recoveryCodeHash } from '../second-factors/recovery-codes.ts'
import type { UserPlace } from '../users/user-store.ts'

export const passkeysMax = 20

/** What is kept of a passkey, sealed: the name a person gave it may say something. */
const Passkey = z.object({
  credentialId: z.string(),
  publicKey: z.string(),
  transports: z.array(z.string()),
  name: z.string(),
  createdAt: z.number(),
  synced: z.boolean(),
})
export type Passkey = z.infer<typeof Passkey>

/** A passkey's name in our routes and in Redis. */
export const passkeyIdOf = (credentialId: string): string => sha256Hex(credentialId).slice(0, 32)

/**
 * Passkeys stand with their user and are looked up there only, so one that is registered under somebody else's
 * credential id signs nobody else in.
 */
export interface PasskeyStore {
  find(user: UserPlace, id: string): Promise<Passkey | undefined>
  /** Oldest first. */
  list(user: UserPlace): Promise<Passkey[]>
  views(user: UserPlace): Promise<PasskeyView[]>
  /** undefined where it is known or the user has too many; recovery codes where these are the user's first. */
  add(
    user: UserPlace,
    passkey: Passkey,
    counter: number,
  ): Promise<{ recoveryCodes: string[] | undefined } | undefined>
  /** Notes a use, or says why it is none: the signature counter did not go on, or the passkey is gone. */
  use(
    user: UserPlace,
    id: string,
    counter: number,
    at: number,
  ): Promise<'counter-went-back' | 'unknown-passkey' | undefined>
  /** False where there is no such passkey. */
  rename(user: UserPlace, id: string, name: string): Promise<boolean>
}

const addScript = loadScript<number>(new URL('./add-passkey.lua', import.meta.url))
const countScript = loadScript<number>(new URL('./use-passkey.lua', import.meta.url))
const rewriteScript = loadScript<number>(new URL('./rewrite-passkey.lua', import.meta.url))

export function createPasskeyStore(deps: { redis: RedisClient; cipher: FieldCipher }): PasskeyStore {
  const { redis, cipher } = deps
  const keyOf = ({ practiceId, userId }: UserPlace) => sessionKeys.passkeys(practiceId, userId)
  const usesOf = ({ practiceId, userId }: UserPlace) => sessionKeys.passkeyUses(practiceId, userId)
  const placeOf = (user: UserPlace, id: string) => ({
    practiceId: user.practiceId,
    key: keyOf(user),
    field: id,
  })
  const seal = (user: UserPlace, passkey: Passkey) =>
    cipher.encrypt(placeOf(user, passkeyIdOf(passkey.credentialId)), JSON.stringify(passkey))
  const open = async (user: UserPlace, id: string, sealed: string): Promise<Passkey> =>
    Passkey.parse(JSON.parse(await cipher.decrypt(placeOf(user, id), sealed)))

  const find = async (user: UserPlace, id: string): Promise<Passkey | undefined> => {
    const sealed = await redis.hget(keyOf(user), id)
    return sealed === null ? undefined : open(user, id, sealed)
  }

  const list = async (user: UserPlace): Promise<Passkey[]> => {
    const stored = Object.entries(await redis.hgetall(keyOf(user)))
    const passkeys = await Promise.all(stored.map(([id, sealed]) => open(user, id, sealed)))
    return passkeys.sort((a, b) => a.createdAt - b.createdAt)
  }

  return {
    find,
    list,

    async views(user) {
      const [passkeys, uses] = await Promise.all([list(user), redis.hgetall(usesOf(user))])
      return passkeys.map((passkey) => {
        const [, usedAt] = (uses[passkeyIdOf(passkey.credentialId)] ?? '0 0').split(' ')
        return viewOf(passkey, Number(usedAt))
      })
    },

    async add(user, passkey, counter) {
      const { practiceId, userId } = user
      const recoveryCodes = newRecoveryCodes()
      const hashes = recoveryCodes.map((code) => recoveryCodeHash(user, code))
      const keys = [
        sessionKeys.user(practiceId, userId),
        keyOf(user),
        usesOf(user),
        sessionKeys.recoveryCodes(practiceId, userId),
      ]
      const id = passkeyIdOf(passkey.credentialId)
      const sealed = await seal(user, passkey)
      const reply = await addScript(redis, keys, [id, sealed, counter, passkeysMax, ...hashes])
      return reply === 0 ? undefined : { recoveryCodes: reply === 2 ? recoveryCodes : undefined }
    },

    async use(user, id, counter, at) {
      const reply = await countScript(redis, [keyOf(user), usesOf(user)], [id, counter, at])
      if (reply === 1) return undefined
      return reply === 0 ? 'counter-went-back' : 'unknown-passkey'
    },

    async rename(user, id, name) {
      const passkey = await find(user, id)
      if (!passkey) return false
      const sealed = await seal(user, { ...passkey, name })
      return (await rewriteScript(redis, [keyOf(user)], [id, sealed])) === 1
    },
  }
}

const instant = (ms: number) => new Date(ms).toISOString()

export const viewOf = (passkey: Passkey, usedAt = 0): PasskeyView => ({
  id: passkeyIdOf(passkey.credentialId),
  name: passkey.name,
  createdAt: instant(passkey.createdAt),
  ...(usedAt > 0 && { lastUsedAt: instant(usedAt) }),
  synced: passkey.synced,
})
