import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import { group } from './deliveries.ts'

export interface QueueFigures {
  /** Requests accepted and not ended, retries included. */
  readonly depth: number
  /** Handed to a worker and not acknowledged. */
  readonly pending: number
  readonly delayed: number
  /** Of the oldest open request, by Redis' clock, in ms; 0 where there is none. */
  readonly oldestAgeMs: number
  /** Bytes of the partition that holds most: each has a budget of its own. */
  readonly bytes: number
  /** Names of the workers that have requests in hand. */
  readonly holders: readonly string[]
}

/** What stands in all partitions of the queue now. */
export async function readQueueFigures(redis: RedisClient, partitions: Partitions): Promise<QueueFigures> {
  const [now, parts] = await Promise.all([
    redisTime(redis),
    Promise.all(partitions.all.map((keys) => readPartition(redis, keys))),
  ])
  const sum = (of: (part: (typeof parts)[number]) => number) =>
    parts.reduce((total, part) => total + of(part), 0)
  return {
    depth: sum(({ depth }) => depth),
    pending: sum(({ pending }) => pending),
    delayed: sum(({ delayed }) => delayed),
    oldestAgeMs: Math.max(0, ...parts.map(({ oldest }) => (oldest === undefined ? 0 : now - oldest))),
    bytes: Math.max(...parts.map(({ bytes }) => bytes)),
    holders: [...new Set(parts.flatMap(({ holders }) => holders))],
  }
}

type PendingSummary = [
  count: number,
  first: string,
  last: string,
  held: [name: string, count: string][] | null,
]
const nobody: PendingSummary = [0, '', '', null]

async function readPartition(redis: RedisClient, keys: QueueKeys) {
  const [depth, oldest, bytes, delayed, [pending, , , held]] = await Promise.all([
    redis.zcard(keys.open),
    redis.zrange(keys.open, '0', '0', 'WITHSCORES'),
    redis.get(keys.bytes),
    redis.zcard(keys.delayed),
    // NOGROUP: no worker has ever been there.
    redis.xpending(keys.requests, group).then(
      (reply) => reply as PendingSummary,
      () => nobody,
    ),
  ])
  return {
    depth,
    pending: Number(pending),
    delayed,
    oldest: oldest[1] === undefined ? undefined : Number(oldest[1]),
    bytes: Number(bytes ?? 0),
    holders: (held ?? []).map(([name]) => name),
  }
}
