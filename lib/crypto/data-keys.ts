import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

export interface DataKey {
  readonly kid: string
  readonly key: Buffer
}

/** The practices' data keys, unwrapped; each practice's text is shredded by deleting its wrapped keys. */
export interface DataKeys {
  /** The key that new text is sealed with. Throws `UnknownPractice` where the practice has none. */
  current(practiceId: string): Promise<DataKey>
  byId(practiceId: string, kid: string): Promise<Buffer>
  /** Gives the practice its first key where it has none; safe to race. */
  ensure(practiceId: string): Promise<void>
}

/** Wraps data keys by a key-encryption key that never reaches Redis: a file's key on one machine, a KMS elsewhere. */
export interface KeyWrapper {
  wrap(practiceId: string, key: Buffer): Promise<string>
  unwrap(practiceId: string, wrapped: string): Promise<Buffer>
}

export class UnknownPractice extends Error {
  override readonly name = 'UnknownPractice'
}

/** A wrapper around 32 bytes of the machine's own; the practice is bound in, so wrapped keys cannot be swapped. */
export function createLocalKeyWrapper(keyEncryptionKey: Buffer): KeyWrapper {
  return {
    async wrap(practiceId, key) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyEncryptionKey, iv).setAAD(Buffer.from(practiceId))
      return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      )
    },
    async unwrap(practiceId, wrapped) {
      const bytes = Buffer.from(wrapped, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', keyEncryptionKey, bytes.subarray(0, 12), {
        authTagLength: 16,
      })
        .setAAD(Buffer.from(practiceId))
        .setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    },
  }
}

/** How long a process trusts what it knows of a practice's keys before it looks again, in ms. */
const freshMs = 60_000

export function createDataKeys(deps: {
  redis: RedisClient
  wrapper: KeyWrapper
  now: () => number
}): DataKeys {
  interface Known {
    readonly current: string
    readonly keys: Map<string, Buffer>
    readonly readAt: number
  }
  const known = new Map<string, Promise<Known>>()

  const read = async (practiceId: string): Promise<Known> => {
    const { current, ...wrapped } = await deps.redis.hgetall(sessionKeys.dataKeys(practiceId))
    if (!current) throw new UnknownPractice('the practice has no data key')
    const unwrapped = Object.entries(wrapped).map(
      async ([kid, text]) => [kid, await deps.wrapper.unwrap(practiceId, text)] as const,
    )
    return { current, keys: new Map(await Promise.all(unwrapped)), readAt: deps.now() }
  }

  const refresh = (practiceId: string): Promise<Known> => {
    const reading = read(practiceId)
    known.set(practiceId, reading)
    // A failed read is not kept: the next caller tries again.
    reading.catch(() => known.get(practiceId) === reading && known.delete(practiceId))
    return reading
  }

  const fresh = async (practiceId: string): Promise<Known> => {
    const held = await (known.get(practiceId) ?? refresh(practiceId))
    return deps.now() - held.readAt > freshMs ? refresh(practiceId) : held
  }

  return {
    async current(practiceId) {
      const held = await fresh(practiceId)
      const key = held.keys.get(held.current)
      if (!key) throw new Error('the current data key is missing')
      return { kid: held.current, key }
    },
    async byId(practiceId, kid) {
      const key = (await fresh(practiceId)).keys.get(kid) ?? (await refresh(practiceId)).keys.get(kid)
      if (!key) throw new Error('the data key is unknown or was shredded')
      return key
    },
    async ensure(practiceId) {
      const name = sessionKeys.dataKeys(practiceId)
      const kid = randomBytes(4).toString('hex')
      const wrapped = await deps.wrapper.wrap(practiceId, randomBytes(32))
      // The key is there before `current` names it; the loser of a race leaves a key that nothing names.
      await deps.redis.hset(name, kid, wrapped)
      if ((await deps.redis.hsetnx(name, 'current', kid)) === 0) await deps.redis.hdel(name, kid)
    },
  }
}
