import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import type { DataKeys } from '#lib/crypto/data-keys.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { internalTokenAlgorithm } from '#lib/jwt/verify-internal-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

/** Whose data key seals the private keys; no practice carries this name. */
const sealedFor = 'internal-tokens'

const StoredKey = z.object({
  kid: z.string(),
  public: z.looseObject({ kty: z.string() }),
  sealed: z.string(),
})
type StoredKey = z.infer<typeof StoredKey>

export interface SigningKeyLimits {
  /** How long one key signs, in ms. */
  readonly periodMs: number
  /** How long a key is published before it signs, in ms: longer than a verifier keeps a key set. */
  readonly aheadMs: number
}

export const defaultSigningKeyLimits: SigningKeyLimits = { periodMs: 24 * 3_600_000, aheadMs: 3_600_000 }

export interface SigningKeys {
  /** What signs now. */
  current(): Promise<{ kid: string; key: CryptoKey }>
  /** What may have signed a token that still lives, what signs, and what signs next. */
  published(): Promise<JSONWebKeySet>
}

/**
 * One key per period of time, so that all replicas mean the same one without telling each other: the first that needs
 * a period's key makes it. A key verifies for the whole period after its own, longer than any token lives.
 */
export function createSigningKeys(deps: {
  redis: RedisClient
  cipher: FieldCipher
  dataKeys: DataKeys
  now: () => number
  limits: SigningKeyLimits
}): SigningKeys {
  const { redis, cipher, dataKeys, now, limits } = deps
  const place = (kid: string) => ({ practiceId: sealedFor, key: sessionKeys.signingKeys, field: kid })

  const make = async (): Promise<StoredKey> => {
    const kid = uuidv7()
    const { publicKey, privateKey } = await generateKeyPair(internalTokenAlgorithm, { extractable: true })
    const [open, secret] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)])
    await dataKeys.ensure(sealedFor)
    return {
      kid,
      public: { ...open, kty: String(open.kty), kid, alg: internalTokenAlgorithm, use: 'sig' },
      sealed: await cipher.encrypt(place(kid), JSON.stringify(secret)),
    }
  }

  const read = async (field: string): Promise<StoredKey | undefined> => {
    const text = await redis.hget(sessionKeys.signingKeys, field)
    return text === null ? undefined : StoredKey.parse(JSON.parse(text))
  }

  // Read each time: a key that an operator takes away signs nothing from then on.
  const ofPeriod = async (period: number): Promise<StoredKey> => {
    const field = String(period)
    const stored = await read(field)
    if (stored) return stored
    const made = await make()
    const isFirst = (await redis.hsetnx(sessionKeys.signingKeys, field, JSON.stringify(made))) === 1
    await forgetBefore(period - 2)
    const winner = isFirst ? made : await read(field)
    if (!winner) throw new Error('a signing key was taken away while it was read')
    return winner
  }

  const forgetBefore = async (oldest: number): Promise<void> => {
    const past = (await redis.hkeys(sessionKeys.signingKeys)).filter((period) => Number(period) < oldest)
    if (past.length > 0) await redis.hdel(sessionKeys.signingKeys, ...past)
  }

  const periodAt = (at: number) => Math.floor(at / limits.periodMs)

  return {
    async current() {
      const { kid, sealed } = await ofPeriod(periodAt(now()))
      const secret = JSON.parse(await cipher.decrypt(place(kid), sealed)) as JWK
      const key = await importJWK(secret, internalTokenAlgorithm)
      if (key instanceof Uint8Array) throw new Error('the signing key is not a key pair')
      return { kid, key }
    },

    async published() {
      const period = periodAt(now())
      const next = periodAt(now() + limits.aheadMs)
      await ofPeriod(period)
      await ofPeriod(next)
      const stored = await redis.hgetall(sessionKeys.signingKeys)
      const keys = Object.entries(stored)
        .filter(([field]) => Number(field) >= period - 1 && Number(field) <= next)
        .map(([, text]) => StoredKey.parse(JSON.parse(text)).public)
      return { keys }
    },
  }
}
