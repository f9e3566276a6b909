import { randomBytes } from 'node:crypto'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { KeyWrapper } from './key-wrapper.ts'

/** A practice's data keys as they stand in Redis. */
export interface WrappedKeys {
  /** The key id that new text is sealed under. */
  readonly current: string
  /** Since when, in ms; undefined for keys of an earlier day. */
  readonly currentSince: number | undefined
  readonly wrapped: ReadonlyMap<string, string>
}

const setCurrentScript = loadScript<0 | 1>(new URL('./set-current-key.lua', import.meta.url))

/** undefined where the practice has none. */
export async function readWrappedKeys(
  redis: RedisClient,
  practiceId: string,
): Promise<WrappedKeys | undefined> {
  const { current, since, ...wrapped } = await redis.hgetall(sessionKeys.dataKeys(practiceId))
  if (!current) return undefined
  return {
    current,
    currentSince: since === undefined ? undefined : Number(since),
    wrapped: new Map(Object.entries(wrapped)),
  }
}

/** Makes a data key and lets it follow `replaces`; undefined where that is not, or no longer, the current one. */
export async function setCurrentKey(
  deps: { redis: RedisClient; wrapper: KeyWrapper; now: () => number },
  practiceId: string,
  replaces: string | undefined,
): Promise<string | undefined> {
  const kid = randomBytes(4).toString('hex')
  const key = randomBytes(32)
  const wrapped = await deps.wrapper.wrap(practiceId, key)
  key.fill(0)
  const name = sessionKeys.dataKeys(practiceId)
  const done = await setCurrentScript(deps.redis, [name], [replaces ?? '', kid, wrapped, deps.now()])
  return done === 1 ? kid : undefined
}
