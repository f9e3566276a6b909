import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { QueueFigures } from '../queue/queue-figures.ts'
import type { Sighting } from './alert-book.ts'

export interface Thresholds {
  /** Of the oldest open request, in ms. */
  readonly queueAgeMs: number
  /** Open requests in all partitions. */
  readonly queueDepth: number
  readonly queueBytesMax: number
  /** A worker that comes on no more for this long, while work waits, is stalled. */
  readonly stalledMs: number
}

/** Trouble that a figure shows ends only well below where it began: a figure at its threshold is no story. */
const calm = 0.8
/** A figure that was read before the intake refused for want of room ends nothing. */
const fullMsMin = 2_000

const uncertainScript = loadScript<[uncertain: number, unseen: number]>(
  new URL('./count-uncertain.lua', import.meta.url),
  { beyondKeys: true },
)
const uncertainMax = 500

const beyond = (figure: number, threshold: number): boolean | undefined =>
  figure >= threshold ? true : figure < calm * threshold ? false : undefined

const seen = (sighting: Omit<Sighting, 'stands'>, stands: boolean | undefined): Sighting[] =>
  stands === undefined ? [] : [{ ...sighting, stands }]

/** Age, depth and bytes of the queue; workers that are gone with requests in hand, or come on no more. */
export async function watchQueue(
  redis: RedisClient,
  { depth, oldestAgeMs, bytes, holders }: QueueFigures,
  limits: Thresholds,
): Promise<Sighting[]> {
  const [now, live] = await Promise.all([redisTime(redis), redis.zrange(fleetKeys.workers, '0', '-1')])
  const progress = await Promise.all(live.map((name) => redis.hget(fleetKeys.worker(name), 'lastProgressAt')))
  return [
    ...seen(
      { kind: 'queue-age', subject: 'queue', reason: 'oldest-request' },
      beyond(oldestAgeMs, limits.queueAgeMs),
    ),
    ...seen(
      { kind: 'queue-depth', subject: 'queue', reason: 'open-requests' },
      beyond(depth, limits.queueDepth),
    ),
    // Which one is full says the intake, at the moment it refuses.
    ...(bytes < calm * limits.queueBytesMax
      ? seen({ kind: 'queue-full', subject: 'queue', reason: 'byte-budget', standsMs: fullMsMin }, false)
      : []),
    ...holders
      .filter((name) => !live.includes(name))
      .flatMap((subject) => seen({ kind: 'worker-dead', subject, reason: 'silent-with-requests' }, true)),
    ...live.flatMap((subject, index) => {
      const idleMs = now - Number(progress[index] ?? now)
      return seen(
        { kind: 'worker-stalled', subject, reason: 'no-progress' },
        depth > 0 && idleMs > limits.stalledMs,
      )
    }),
  ]
}

/** Dead letters, writes of which nobody knows, and accounts that Tebra lets in no more, of each practice. */
export async function watchPractices(
  redis: RedisClient,
  partitions: Partitions,
  practices: readonly { practiceId: string; account: string }[],
): Promise<Sighting[]> {
  const stops = new Set(
    (await Promise.all(partitions.all.map(({ stops }) => redis.zrange(stops, '0', '-1')))).flat(),
  )
  const sightings = await Promise.all(
    practices.map(async ({ practiceId, account }) => {
      const keys = partitions.of(practiceId)
      const dead = keys.dead(practiceId)
      const about = { subject: practiceId, practiceId }
      const listed = await redis.zcard(dead)
      const [uncertain, unseen] =
        listed === 0 ? [0, 0] : await uncertainScript(redis, [dead], [keys.request(''), uncertainMax])
      return [
        ...seen({ kind: 'dead-letters', reason: 'unsettled', ...about }, listed > uncertain),
        ...seen(
          { kind: 'uncertain-write', reason: 'unsettled', ...about },
          uncertain > 0 ? true : unseen > 0 ? undefined : false,
        ),
        ...seen({ kind: 'credentials', reason: 'refused', ...about }, stops.has(account)),
      ]
    }),
  )
  return sightings.flat()
}
