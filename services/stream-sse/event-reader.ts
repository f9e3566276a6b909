import { StreamName } from '#lib/contract/events.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { compareIds, formatEntryId, type Position, parseEntryId, zeroId } from './cursor.ts'
import { parseEvent, type StreamEvent } from './decode-event.ts'

/** Where a partition keeps the streams that clients know by one name. */
export const streamKeysOf = (keys: QueueKeys): Readonly<Record<StreamName, string>> => ({
  'tebra:status': keys.status,
  'tebra:responses': keys.responses,
})

export interface EventReader {
  start(): void
  stop(): Promise<void>
  readonly position: Position
  /** Names this life of the streams: it changes when Redis lost what clients have seen (flush, failover). */
  readonly epoch: string
  /** ms since the last successful read, by a clock that only goes forward. */
  idleMs(): number
}

interface Deps {
  /** A connection of the reader's own: its reads block. */
  readonly reader: RedisClient
  readonly redis: RedisClient
  readonly keys: QueueKeys
  readonly logger: Logger
  readonly randomEpoch: () => string
  readonly blockMs: number
  /** Called with all events of one read, oldest first, after `position` includes them. */
  readonly onEvents: (events: readonly StreamEvent[], before: Position) => Promise<void>
  readonly onEpoch: () => void
}

const retryMs = 500
const epochCheckMs = 1_000

/** The one blocking reader of an instance for a partition: all its streams, all its clients. */
export function createEventReader(deps: Deps): EventReader {
  const { reader, redis, keys, logger } = deps
  const streamKeys = streamKeysOf(keys)
  let position: Position = { 'tebra:status': zeroId, 'tebra:responses': zeroId }
  let epoch = ''
  let lastReadAt = Number.NEGATIVE_INFINITY
  let epochSeenAt = Number.NEGATIVE_INFINITY
  let stopping = false
  let loop: Promise<void> = Promise.resolve()

  /** The tail is resolved here, once per life of the streams: reading from `$` again and again drops events. */
  const followEpoch = async (): Promise<void> => {
    const stored = await redis.get(keys.epoch)
    const tail = await tailOf(redis, streamKeys)
    const wentBack = StreamName.options.some((name) => compareIds(tail[name], position[name]) < 0)
    if (stored !== null && stored === epoch && !wentBack) return
    const known = epoch !== ''
    // After a lossy failover the old epoch may still stand there; it no longer names what clients have seen.
    if (stored === null) await redis.set(keys.epoch, deps.randomEpoch(), 'NX')
    else if (known && stored === epoch) await redis.set(keys.epoch, deps.randomEpoch())
    epoch = (await redis.get(keys.epoch)) ?? ''
    position = tail
    if (known) deps.onEpoch()
  }

  const readOnce = async (): Promise<void> => {
    if (performance.now() - epochSeenAt > epochCheckMs) {
      await followEpoch()
      epochSeenAt = performance.now()
      lastReadAt = epochSeenAt
    }
    const names = StreamName.options
    const reply = await reader.xread(
      'COUNT',
      1_000,
      'BLOCK',
      deps.blockMs,
      'STREAMS',
      ...names.map((name) => streamKeys[name]),
      ...names.map((name) => formatEntryId(position[name])),
    )
    lastReadAt = performance.now()
    if (!reply) return
    const events = (reply as [string, [string, string[]][]][])
      .flatMap(([key, entries]) => {
        const stream = names.find((name) => streamKeys[name] === key)
        return stream ? entries.map(([id, fields]) => parseEvent(stream, id, fields)) : []
      })
      .sort((a, b) => compareIds(a.id, b.id))
    const before = position
    position = advance(before, events)
    await deps.onEvents(events, before)
  }

  const run = async (): Promise<void> => {
    while (!stopping) {
      try {
        await readOnce()
      } catch (error) {
        if (stopping) return
        epochSeenAt = Number.NEGATIVE_INFINITY
        logger.warn({ err: error }, 'event reader: read failed, trying again')
        // A silent connection is not trusted again: a black hole looks ready for ever.
        if (reader.status === 'ready') reader.disconnect(true)
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
  }

  return {
    start() {
      loop = run()
    },
    async stop() {
      stopping = true
      reader.disconnect()
      await loop
    },
    get position() {
      return position
    },
    get epoch() {
      return epoch
    },
    idleMs: () => performance.now() - lastReadAt,
  }
}

export function advance(from: Position, events: readonly StreamEvent[]): Position {
  const next = { ...from }
  for (const { stream, id } of events) next[stream] = id
  return next
}

async function tailOf(
  redis: RedisClient,
  streamKeys: Readonly<Record<StreamName, string>>,
): Promise<Position> {
  const last = async (name: StreamName) => {
    const [entry] = await redis.xrevrange(streamKeys[name], '+', '-', 'COUNT', 1)
    return entry ? parseEntryId(entry[0]) : zeroId
  }
  const [status, responses] = await Promise.all([last('tebra:status'), last('tebra:responses')])
  return { 'tebra:status': status, 'tebra:responses': responses }
}
