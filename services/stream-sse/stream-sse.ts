import { DomainError } from '#lib/http/domain-error.ts'
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
import { createApp } from './app.ts'
import type { StreamSseConfig } from './config.ts'
import { createFeed, type Feed } from './feed.ts'
import { createHub } from './hub.ts'
import { mayListen } from './may-listen.ts'
import { createOpenStream } from './open-stream.ts'
import type { ConsoleFile } from './serve-console.ts'
import { createTickets } from './tickets.ts'
import { createSessionWatch } from './watch-sessions.ts'

const blockMs = 1_000
const readerSilentMaxMs = 5_000
const recheckMs = 30_000

/** The whole service over its ground: a reader for each partition, one hub, one timer. `close` ends every stream, spread out. */
export async function createStreamSse(
  ground: ServiceGround,
  config: StreamSseConfig,
  options: { random: () => number; consoleFiles: ReadonlyMap<string, ConsoleFile> },
) {
  const { redis, logger, guard, now, metrics } = ground
  const onError = (err: Error) => logger.warn({ err }, 'redis connection trouble')
  const partitions = createPartitions(config.QUEUE_PARTITIONS)
  const subscriber = connectSubscriber(redisAt(config, `${ground.service}-sessions`), { onError })
  let draining = false

  const hub = createHub()
  const readers: RedisClient[] = []
  const feeds = new Map<QueueKeys, Feed>()
  for (const keys of partitions.all) {
    const reader = connectReader(redisAt(config, `${ground.service}-reader`), blockMs, { onError })
    readers.push(reader)
    const feed = createFeed({
      ...ground,
      reader,
      keys,
      hub,
      holds: (practiceId) => partitions.of(practiceId) === keys,
      blockMs,
      randomEpoch: () =>
        Math.floor(options.random() * 36 ** 8)
          .toString(36)
          .padStart(8, '0'),
    })
    feeds.set(keys, feed)
  }
  const feedOf = (practiceId: string): Feed => {
    const feed = feeds.get(partitions.of(practiceId))
    if (!feed) throw new Error('a partition without a feed')
    return feed
  }
  /** Of the feed that has been silent longest: each is somebody's only one. */
  const readerIdleMs = () => Math.max(...[...feeds.values()].map(({ events }) => events.idleMs()))
  const watch = createSessionWatch({
    subscriber,
    guard,
    hub,
    logger,
    mayListen: (session, at) => mayListen(session, at.streams),
  })

  metrics.gauge('sse_streams_open', 'Open event streams', () => hub.size())
  metrics.gauge('sse_reader_idle_ms', 'Time since the reader last heard from Redis', () =>
    Math.min(readerIdleMs(), 1e9),
  )
  const ended = metrics.counter('sse_streams_ended_total', 'Ended event streams by how they ended', ['end'])

  const openStream = createOpenStream({
    hub,
    feedOf,
    onEnd: (end) => ended.inc({ end }),
    // ±10 %, so that streams which were opened together do not come back together.
    rotateAt: () => now() + config.ROTATE_AFTER_MS * (0.9 + options.random() * 0.2),
  })

  const app = createApp({
    ...ground,
    bodyBytesMax: 4 * 1024,
    origins: config.PUBLIC_ORIGINS,
    openStream,
    tickets: createTickets({ redis, guard, now }),
    consoleFiles: options.consoleFiles,
    admit(session) {
      if (draining) throw new DomainError('draining')
      if (feedOf(session.practiceId).events.idleMs() > readerSilentMaxMs)
        throw new DomainError('redis-unavailable')
      if (hub.size() >= config.STREAMS_MAX) throw new DomainError('over-capacity', { retryAfterSeconds: 5 })
      if (hub.sizeOf(session) >= config.STREAMS_PER_USER_MAX)
        throw new DomainError('too-many-requests', {
          retryAfterSeconds: 30,
          detail: 'Too many open streams of yours',
        })
    },
    health: {
      ...ground,
      checks: {
        serving: () => !draining,
        reader: () => readerIdleMs() < readerSilentMaxMs,
        partitions: () => isPlaced(redis, partitions),
        // Opening a stream is audited, which is a write.
        redis: () => takesWrites(redis),
      },
    },
  })

  await Promise.all([...readers, subscriber].map((connection) => untilReady(connection)))
  await watch.start()
  for (const { events } of feeds.values()) events.start()
  const timers = [
    setInterval(() => {
      hub.bye(
        'rotated',
        () => options.random() * 1_000,
        ({ rotateAt }) => now() >= rotateAt,
      )
      hub.keepAlive()
    }, config.KEEP_ALIVE_MS),
    setInterval(() => void watch.recheckAll(), recheckMs),
  ]

  return {
    app,
    /** Says goodbye to every client within a second and stops; safe to call once. */
    async close(): Promise<void> {
      draining = true
      hub.bye('draining', () => 500 + options.random() * 4_500)
      for (const timer of timers) clearInterval(timer)
      await Promise.all([...feeds.values()].map(({ events }) => events.stop()))
      disconnect(subscriber, redis)
    },
  }
}
