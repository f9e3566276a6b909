import type { StreamStatus } from '#lib/contract/events.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { streamInstances as keys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'

/** An instance without a sign of life for so long is gone. */
const aliveMs = 30_000

type Instance = StreamStatus['instances'][number]

/** What each instance of the service says of itself, for whoever asks any of them. */
export function createInstances({ redis }: { redis: RedisClient }) {
  return {
    async beat(
      name: string,
      figures: Pick<Instance, 'streams' | 'readerIdleMs' | 'startedAt'>,
    ): Promise<void> {
      const now = await redisTime(redis)
      await redis.hset(keys.one(name), { ...figures, seenAt: new Date(now).toISOString() })
      await redis.pexpire(keys.one(name), aliveMs)
      await redis.zadd(keys.all, now, name)
      await redis.zremrangebyscore(keys.all, '-inf', now - aliveMs)
    },

    async leave(name: string): Promise<void> {
      await redis.zrem(keys.all, name)
      await redis.unlink(keys.one(name))
    },

    async list(): Promise<Instance[]> {
      const names = await redis.zrangebyscore(keys.all, (await redisTime(redis)) - aliveMs, '+inf')
      const said = await Promise.all(names.map((name) => redis.hgetall(keys.one(name))))
      return names.flatMap((name, index) => {
        const { startedAt, seenAt, streams, readerIdleMs } = said[index] ?? {}
        if (startedAt === undefined || seenAt === undefined) return []
        return { name, startedAt, seenAt, streams: Number(streams), readerIdleMs: Number(readerIdleMs) }
      })
    },
  }
}

export type Instances = ReturnType<typeof createInstances>
