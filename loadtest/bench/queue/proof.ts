import { Redis } from 'ioredis'
import { queueKeys as keys } from '../../../lib/testing/one-partition.ts'
import { bullName, bullResponses } from './bullmq.ts'
import { idsKey } from './payload.ts'

/** How many jobs did not end, and how many ended or were answered more than once. */
export interface Proof {
  readonly lost: number
  readonly doubled: number
}

/** `entries-added` counts every entry ever written, also those trimmed away since. */
async function entriesAdded(redis: Redis, stream: string): Promise<number> {
  const fields = (await redis.xinfo('STREAM', stream)) as (string | number)[]
  return Number(fields[fields.indexOf('entries-added') + 1])
}

const prove = async (url: string, run: (redis: Redis) => Promise<Proof>): Promise<Proof> => {
  const redis = new Redis(url, { enableAutoPipelining: true })
  try {
    return await run(redis)
  } finally {
    redis.disconnect()
  }
}

/** Each id that the intake gave back: its record must have reached success, once, by its own timeline. */
export const proveOurs = (url: string, jobs: number): Promise<Proof> =>
  prove(url, async (redis) => {
    const ids = await redis.lrange(idsKey, 0, -1)
    const timelines = await Promise.all(ids.map((id) => redis.hget(keys.request(id), 'timeline')))
    const ends = timelines.map((timeline) => (timeline ?? '').split('\n').filter(isSuccess).length)
    const answers = await entriesAdded(redis, keys.responses)
    const left = (await redis.xlen(keys.requests)) + (await redis.zcard(keys.open))
    return {
      lost: Math.max(
        ends.filter((count) => count === 0).length,
        left,
        jobs - new Set(ids).size,
        jobs - answers,
      ),
      doubled: Math.max(ends.filter((count) => count > 1).length, answers - jobs),
    }
  })

const isSuccess = (step: string): boolean => step.startsWith('success|')

/** BullMQ numbers jobs 1 … n: each must stand among the completed, and the responses must be as many. */
export const proveBullMq = (url: string, jobs: number): Promise<Proof> =>
  prove(url, async (redis) => {
    const completed = new Set(await redis.zrange(`bull:${bullName}:completed`, '0', '-1'))
    const answers = await entriesAdded(redis, bullResponses)
    const ids = Array.from({ length: jobs }, (_, index) => String(index + 1))
    return {
      lost: Math.max(ids.filter((id) => !completed.has(id)).length, jobs - answers),
      doubled: Math.max(0, answers - jobs),
    }
  })

export const sum = (proofs: readonly Proof[]): Proof => ({
  lost: proofs.reduce((total, { lost }) => total + lost, 0),
  doubled: proofs.reduce((total, { doubled }) => total + doubled, 0),
})
