import { createSecretKey, type KeyObject } from 'node:crypto'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { shareInFlight } from '#lib/resilience/share-in-flight.ts'
import { sealsPerKeyMax } from './aes-gcm.ts'
import type { KeyWrapper } from './key-wrapper.ts'
import { readWrappedKeys, setCurrentKey, type WrappedKeys } from './wrapped-keys.ts'

export interface DataKey {
  readonly kid: string
  readonly key: KeyObject
}

/**
 * The practices' data keys, unwrapped. A key that is at hand is answered at once, one that must be read by a promise.
 * Each practice's text is shredded by deleting its wrapped keys: within a minute no process has them any more.
 */
export interface DataKeys {
  /** The key to seal one value with: each call spends one of its 2^32 uses. Throws `UnknownPractice`, `KeySpent`. */
  current(practiceId: string): DataKey | Promise<DataKey>
  byId(practiceId: string, kid: string): KeyObject | Promise<KeyObject>
  currentId(practiceId: string): Promise<string>
  /** Gives the practice its first key where it has none; safe to race. */
  ensure(practiceId: string): Promise<void>
}

export class UnknownPractice extends Error {
  override readonly name = 'UnknownPractice'
}

/** The key has sealed as much as is safe; it goes on opening, and sealing goes on after a rotation. */
export class KeySpent extends Error {
  override readonly name = 'KeySpent'
}

/** How long a process trusts what it knows of a practice's keys before it looks again, in ms. */
const freshMs = 60_000
/** Uses of a key that a process takes for itself at a time; what it has not used when it ends is lost. */
const usesTaken = 65_536

interface Known extends WrappedKeys {
  readonly readAt: number
  readonly unwrapped: Map<string, KeyObject>
  /** The current key with the uses that this process may still make of it. */
  sealing?: DataKey & { uses: number }
}

export function createDataKeys(deps: {
  redis: RedisClient
  wrapper: KeyWrapper
  now: () => number
}): DataKeys {
  const { redis, wrapper, now } = deps
  const known = new Map<string, Known>()

  const fresh = (practiceId: string): Known | undefined => {
    const held = known.get(practiceId)
    return held && now() - held.readAt <= freshMs ? held : undefined
  }

  /** Reads the wrapped keys anew; of what was unwrapped before only what still stands there is kept. */
  const read = shareInFlight(async (practiceId: string): Promise<Known> => {
    const before = known.get(practiceId)
    known.delete(practiceId)
    const keys = await readWrappedKeys(redis, practiceId)
    if (!keys) throw new UnknownPractice('the practice has no data key')
    const still = ([kid]: readonly [string, unknown]) => before?.wrapped.get(kid) === keys.wrapped.get(kid)
    const sealing = before?.sealing
    const held: Known = {
      ...keys,
      readAt: now(),
      unwrapped: new Map([...(before?.unwrapped ?? [])].filter(still)),
      ...(sealing?.kid === keys.current && still([sealing.kid, 0]) && { sealing }),
    }
    known.set(practiceId, held)
    return held
  })
  const look = async (practiceId: string): Promise<Known> => fresh(practiceId) ?? read(practiceId)

  const unwrap = shareInFlight(async (practiceId: string, wrapped: string): Promise<KeyObject> => {
    const bytes = await wrapper.unwrap(practiceId, wrapped)
    const key = createSecretKey(bytes)
    bytes.fill(0)
    return key
  })
  const keyOf = async (practiceId: string, held: Known, kid: string): Promise<KeyObject | undefined> => {
    const wrapped = held.wrapped.get(kid)
    if (wrapped === undefined) return undefined
    const key = held.unwrapped.get(kid) ?? (await unwrap(practiceId, wrapped))
    held.unwrapped.set(kid, key)
    return key
  }

  const spend = (practiceId: string): DataKey | undefined => {
    const sealing = fresh(practiceId)?.sealing
    if (!sealing || sealing.uses === 0) return undefined
    sealing.uses -= 1
    return sealing
  }

  /** Unwraps the current key and takes uses of it, counted in Redis for all processes before the first is made. */
  const prepare = shareInFlight(async (practiceId: string): Promise<void> => {
    const held = await look(practiceId)
    if (held.sealing && held.sealing.uses > 0) return
    const kid = held.current
    const key = await keyOf(practiceId, held, kid)
    if (!key) throw new Error('the current data key is missing')
    const taken = await redis.hincrby(sessionKeys.seals(practiceId), kid, usesTaken)
    if (taken > sealsPerKeyMax) {
      known.delete(practiceId)
      throw new KeySpent('the data key has sealed 2^32 values: rotate it')
    }
    held.sealing = { kid, key, uses: usesTaken }
  })
  const spendPrepared = async (practiceId: string): Promise<DataKey> => {
    for (;;) {
      await prepare(practiceId)
      const key = spend(practiceId)
      if (key) return key
    }
  }

  const readById = async (practiceId: string, kid: string): Promise<KeyObject> => {
    const key =
      (await keyOf(practiceId, await look(practiceId), kid)) ??
      (await keyOf(practiceId, await read(practiceId), kid))
    if (!key) throw new Error('the data key is unknown or was shredded')
    return key
  }

  return {
    current: (practiceId) => spend(practiceId) ?? spendPrepared(practiceId),
    byId: (practiceId, kid) => fresh(practiceId)?.unwrapped.get(kid) ?? readById(practiceId, kid),
    currentId: async (practiceId) => (await look(practiceId)).current,
    async ensure(practiceId) {
      if (await readWrappedKeys(redis, practiceId)) return
      await setCurrentKey({ redis, wrapper, now }, practiceId, undefined)
    },
  }
}
