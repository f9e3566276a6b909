import { createHash } from 'node:crypto'
import type { RedisClient } from './connect.ts'
import { type QueueKeys, queueKeysIn } from './keys.ts'

/** The partitions of the queue, and the one that holds a practice: all its requests, events, cache and dead letters. */
export interface Partitions {
  readonly count: number
  readonly all: readonly QueueKeys[]
  of(practiceId: string): QueueKeys
}

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1996): the same answer in every process, and of n partitions one more
 * takes only 1/(n + 1) of the practices from the others.
 */
export function createPartitions(count: number): Partitions {
  const all = Array.from({ length: count }, (_, partition) => queueKeysIn(partition))
  const [first] = all
  if (!first) throw new Error('a queue has at least one partition')
  const known = new Map<string, QueueKeys>()

  const place = (practiceId: string): QueueKeys => {
    const weighed = all.map((keys, partition) => ({ keys, weight: weigh(practiceId, partition) }))
    return weighed.reduce((best, next) => (next.weight > best.weight ? next : best)).keys
  }

  return {
    count,
    all,
    of(practiceId) {
      if (count === 1) return first
      const found = known.get(practiceId) ?? place(practiceId)
      // As many as there are practices; a name that somebody made up is not remembered without end.
      if (known.size < 10_000) known.set(practiceId, found)
      return found
    },
  }
}

/** Whether the queue has the number of partitions that this process was told; a queue that is new takes any. */
export async function isPlaced(redis: RedisClient, { all, count }: Partitions): Promise<boolean> {
  const known = await Promise.all(all.map((keys) => redis.get(keys.partitions)))
  return known.every((number) => number === null || number === String(count))
}

const weigh = (practiceId: string, partition: number): bigint =>
  createHash('sha256').update(`${practiceId}\n${partition}`).digest().readBigUInt64BE()
