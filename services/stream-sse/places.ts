import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import { loadScript } from '#lib/redis/script.ts'

/** An instance that is gone without a word holds its places so long. */
const placeMs = 30_000

export interface PlaceLimits {
  readonly perUser: number
  readonly perPractice: number
}

interface Holder {
  readonly practiceId: string
  readonly userId: string
}

export interface OpenStreams {
  readonly streams: number
  readonly users: readonly { readonly userId: string; readonly streams: number }[]
}

type Reply = 'taken' | 'user' | 'practice'
const takeScript = loadScript<Reply>(new URL('./take-place.lua', import.meta.url))
const noteScript = loadScript<number>(new URL('./note-places.lua', import.meta.url))

/**
 * Open streams of users and practices across all instances: a hash per practice, with a number for each instance and
 * user. Each instance writes its own numbers from its own memory, so that whatever is lost is right again a little later.
 */
export function createPlaces(deps: { redis: RedisClient; instance: string; limits: PlaceLimits }) {
  const { redis, instance, limits } = deps
  const counts = new Map<string, Map<string, number>>()
  const changed = new Map<string, Set<string>>()

  const add = ({ practiceId, userId }: Holder, by: 1 | -1): number => {
    const users = counts.get(practiceId) ?? new Map<string, number>()
    const count = Math.max(0, (users.get(userId) ?? 0) + by)
    if (count === 0) users.delete(userId)
    else users.set(userId, count)
    if (users.size === 0) counts.delete(practiceId)
    else counts.set(practiceId, users)
    return count
  }

  const note = (practiceId: string, userIds: Iterable<string>) => {
    const numbers = [...userIds].flatMap((userId) => [
      `${instance}/${userId}`,
      counts.get(practiceId)?.get(userId) ?? 0,
    ])
    return noteScript(redis, [sessionKeys.openStreams(practiceId)], [placeMs, ...numbers])
  }

  const places = {
    /** Takes a place, or says whose share is used up. Rejects where Redis is away. */
    async take(holder: Holder): Promise<Reply> {
      const { practiceId, userId } = holder
      const mine = add(holder, 1)
      try {
        const reply = await takeScript(
          redis,
          [sessionKeys.openStreams(practiceId)],
          [`${instance}/${userId}`, userId, mine, limits.perUser, limits.perPractice, placeMs],
        )
        if (reply !== 'taken') add(holder, -1)
        return reply
      } catch (error) {
        places.leave(holder)
        throw error
      }
    },

    /** Gives it back; the others see it with the next `tell`. */
    leave(holder: Holder): void {
      add(holder, -1)
      changed.set(holder.practiceId, (changed.get(holder.practiceId) ?? new Set()).add(holder.userId))
    },

    /** Writes down what was given back since the last time. */
    async tellChanges(): Promise<void> {
      const told = [...changed]
      changed.clear()
      await Promise.all(told.map(([practiceId, users]) => note(practiceId, users)))
    },

    /** Writes down everything, so that it does not lapse. */
    async tellAll(): Promise<void> {
      await Promise.all([...counts].map(([practiceId, users]) => note(practiceId, users.keys())))
    },

    /** Who of a practice listens now, on any instance. */
    async of(practiceId: string): Promise<OpenStreams> {
      const [held, now] = await Promise.all([
        redis.hgetall(sessionKeys.openStreams(practiceId)),
        redisTime(redis),
      ])
      const byUser = new Map<string, number>()
      for (const [field, value] of Object.entries(held)) {
        const [count, until] = value.split(' ').map(Number)
        if (!count || !until || until <= now) continue
        const userId = field.slice(field.indexOf('/') + 1)
        byUser.set(userId, (byUser.get(userId) ?? 0) + count)
      }
      const users = [...byUser].map(([userId, streams]) => ({ userId, streams }))
      return { streams: users.reduce((sum, { streams }) => sum + streams, 0), users }
    },
  }
  return places
}

export type Places = ReturnType<typeof createPlaces>
