import { createEventBus } from '#lib/bus/event-bus.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import {
  connectReader,
  connectSubscriber,
  disconnect,
  type RedisClient,
  untilReady,
} from '#lib/redis/connect.ts'
import { takesWrites } from '#lib/redis/health.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { createPartitions, isPlaced } from '#lib/redis/partitions.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { createAdmission } from './admission.ts'
import { createApp } from './app.ts'
import { createCollectOpenings } from './collect-openings.ts'
import type { StreamSseConfig } from './config.ts'
import { createFeed, type Feed } from './feed.ts'
import { createInstances } from './instances.ts'
import { lightAnswer } from './light-answer.ts'
import { createOpenStream } from './open-stream.ts'
import { createPlaces } from './places.ts'
import { repeatEvery } from './repeat-every.ts'
import type { ConsoleFile } from './serve-console.ts'
import { createTickets } from './tickets.ts'
import { createSessionWatch } from './watch-sessions.ts'

const blockMs = 1_000
const readerSilentMaxMs = 5_000
const lookEveryMs = 250
const beatMs = 10_000
/** A client that has read nothing between so many keep-alives is cut. */
const keepAlivesMissedMax = 2

/** The whole service over its ground: a feed for each partition, and one timer for each thing that repeats. */
export async function createStreamSse(
  ground: ServiceGround,
  config: StreamSseConfig,
  options: {
    random: () => number
    /** The instance's name among all. */
    instance: string
    consoleFiles: ReadonlyMap<string, ConsoleFile>
    /** After the turn, so that no answer waits for it. */
    collectGarbage: () => void
  },
) {
  const { redis, logger, now, metrics } = ground
  const { random, instance } = options
  const onError = (err: Error) => logger.warn({ err }, 'redis connection trouble')
  const partitions = createPartitions(config.QUEUE_PARTITIONS)
  const subscriber = connectSubscriber(redisAt(config, `${ground.service}-sessions`), { onError })
  const startedAt = new Date(now()).toISOString()
  let draining = false

  const readers: RedisClient[] = []
  const feeds = new Map<QueueKeys, Feed>()
  for (const keys of partitions.all) {
    const reader = connectReader(redisAt(config, `${ground.service}-reader`), blockMs, { onError })
    readers.push(reader)
    const randomEpoch = () =>
      Math.floor(random() * 36 ** 8)
        .toString(36)
        .padStart(8, '0')
    feeds.set(keys, createFeed({ ...ground, reader, keys, blockMs, randomEpoch }))
  }
  const all = [...feeds.values()]
  const feedOf = (practiceId: string): Feed => {
    const feed = feeds.get(partitions.of(practiceId))
    if (!feed) throw new Error('a partition without a feed')
    return feed
  }
  const hears = ({ events }: Feed) => events.idleMs() < readerSilentMaxMs
  /** Of the feed that has been silent longest: each is somebody's only one. */
  const readerIdleMs = () => Math.min(Math.max(...all.map(({ events }) => events.idleMs())), 1e9)

  const places = createPlaces({
    redis,
    instance,
    limits: { perUser: config.STREAMS_PER_USER_MAX, perPractice: config.STREAMS_PER_PRACTICE_MAX },
  })
  const instances = createInstances({ redis })
  const admission = createAdmission({
    places,
    seatsMax: config.STREAMS_MAX,
    isDraining: () => draining,
    hears: (practiceId) => hears(feedOf(practiceId)),
  })
  const watch = createSessionWatch({
    ...ground,
    subscriber,
    random,
    *subscribers() {
      for (const { hub } of all) yield* hub.subscribers()
    },
  })

  const open = () => all.reduce((sum, { hub }) => sum + hub.size(), 0)
  metrics.gauge('sse_streams_open', 'Open event streams', open)
  metrics.gauge('sse_reader_idle_ms', 'Time since the reader last heard from Redis', readerIdleMs)
  const ended = metrics.counter('sse_streams_ended_total', 'Ended event streams by how they ended', ['end'])

  const app = createApp({
    ...ground,
    // An event's data may have this size, less a few words: ten thousand of them are kept.
    bodyBytesMax: 16 * 1024,
    origins: config.PUBLIC_ORIGINS,
    bus: createEventBus({ ...ground, partitions }),
    places,
    instances,
    admission,
    nextLookAt: watch.nextLookAt,
    openStream: createOpenStream({
      feedOf,
      onOpen: createCollectOpenings({ openStreams: open, collect: options.collectGarbage }),
      onEnd: (end) => ended.inc({ end }),
      // ±10 %, so that streams which were opened together do not come back together.
      rotateAt: () => now() + config.ROTATE_AFTER_MS * (0.9 + random() * 0.2),
    }),
    tickets: createTickets(ground),
    consoleFiles: options.consoleFiles,
    health: {
      ...ground,
      checks: {
        serving: () => !draining,
        reader: () => all.every(hears),
        partitions: () => isPlaced(redis, partitions),
        // Opening a stream is audited, which is a write.
        redis: () => takesWrites(redis),
      },
    },
  })

  await Promise.all([...readers, subscriber].map((connection) => untilReady(connection)))
  await watch.start()
  for (const { events } of all) events.start()
  const beat = () => instances.beat(instance, { startedAt, streams: open(), readerIdleMs: readerIdleMs() })

  const onFailure = (err: unknown) => logger.warn({ err }, 'left for the next time')
  const timers = [
    repeatEvery(config.KEEP_ALIVE_MS, onFailure, () => {
      for (const feed of all) {
        feed.hub.bye(
          'rotated',
          () => random() * 1_000,
          ({ rotateAt }) => now() >= rotateAt,
        )
        feed.hub.keepAlive(feed.keepAliveFrame(), keepAlivesMissedMax * config.KEEP_ALIVE_MS)
      }
    }),
    repeatEvery(lookEveryMs, onFailure, async () => {
      // Who hears nothing is told so, instead of being kept alive in silence.
      for (const feed of all) if (!hears(feed)) feed.hub.bye('unavailable', () => 500 + random() * 4_500)
      await Promise.all([watch.lookAtDue(), places.tellChanges()])
    }),
    repeatEvery(beatMs, onFailure, async () => {
      await Promise.all([places.tellAll(), beat()])
    }),
  ]
  await beat()

  return {
    fetch: async (request: Request): Promise<Response> => lightAnswer(await app.fetch(request)),
    /** Says goodbye to every client within a second and stops; safe to call once. */
    async close(): Promise<void> {
      draining = true
      for (const { hub } of all) hub.bye('draining', () => 500 + random() * 4_500)
      for (const stop of timers) stop()
      await Promise.all([
        ...all.map(({ events }) => events.stop()),
        places.tellChanges().catch(onFailure),
        instances.leave(instance).catch(onFailure),
      ])
      disconnect(subscriber, redis)
    },
  }
}
