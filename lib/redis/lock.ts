import type { RedisClient } from './connect.ts'
import { loadScript } from './script.ts'

/** Proof of holding a lock; void as soon as the lock has lapsed or is another's, which only a script can tell. */
export interface Hold {
  readonly lock: string
  readonly fence: string
}

export interface Lock {
  /** Takes the lock, or renews it; undefined where another has it. To be repeated well within its ms. */
  take(): Promise<Hold | undefined>
  /** Gives it back, so that nobody waits until it lapses. */
  free(): Promise<void>
}

const takeScript = loadScript<string | null>(new URL('./take-lock.lua', import.meta.url))
const freeScript = loadScript<number>(new URL('./free-lock.lua', import.meta.url))

/**
 * A lock with an owner and an expiry, by Redis' clock. It does not keep a process that was stopped from waking up
 * and going on: each step made under it is a script that takes the hold's `lock` among its keys (they share a slot)
 * and does nothing unless `HGET lock fence` is still the hold's fence (Kleppmann, 2016: fencing tokens).
 */
export function createLock(deps: {
  redis: RedisClient
  key: string
  owner: string
  /** How long it outlives the last time it was taken. */
  heldMs: number
}): Lock {
  const { redis, key, owner, heldMs } = deps
  return {
    async take() {
      const fence = await takeScript(redis, [key], [owner, Math.ceil(heldMs)])
      return fence === null ? undefined : { lock: key, fence }
    },
    async free() {
      await freeScript(redis, [key], [owner])
    },
  }
}
