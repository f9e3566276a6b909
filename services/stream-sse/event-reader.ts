import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import {
  compareIds,
  formatEntryId,
  type Position,
  parseEntryId,
  positionOf,
  type Source,
  sources,
  startOfTime,
  zeroId,
} from './cursor.ts'
import { parseEvent, type StreamEvent } from './decode-event.ts'
import { lostSince } from './stream-gap.ts'

/** Where a partition keeps what it is read from. */
export const sourceKeysOf = (keys: QueueKeys): Readonly<Record<Source, string>> => ({
  'tebra:status': keys.status,
  'tebra:responses': keys.responses,
  events: keys.events,
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
  /** Entries were trimmed before this reader came to them. */
  readonly onTrimmed: () => void
}

const retryMs = 500
const epochCheckMs = 1_000
/** Less than the streams are kept long: a read that is not full cannot have begun behind a gap. */
const pageSize = 1_000

/**
 * The one blocking reader of an instance for a partition: all its streams, all its clients. The sources of a partition
 * share a slot, so that one read and one connection serve them in a Cluster, too, however many practices listen.
 */
export function createEventReader(deps: Deps): EventReader {
  const { reader, redis, keys, logger } = deps
  const sourceKeys = sourceKeysOf(keys)
  let position = startOfTime
  let epoch = ''
  let lastReadAt = Number.NEGATIVE_INFINITY
  let epochSeenAt = Number.NEGATIVE_INFINITY
  /** Whether this connection has answered; until then no read waits, so that it is soon known. */
  let trusted = false
  let stopping = false
  let loop: Promise<void> = Promise.resolve()

  /** The tail is resolved here, once per life of the streams: reading from `$` again and again drops events. */
  const followEpoch = async (): Promise<void> => {
    const stored = await redis.get(keys.epoch)
    const tail = await tailOf(redis, sourceKeys)
    const wentBack = sources.some((source) => compareIds(tail[source], position[source]) < 0)
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
    }
    const reply = await reader.xread(
      'COUNT',
      pageSize,
      'BLOCK',
      trusted ? deps.blockMs : 1,
      'STREAMS',
      ...sources.map((source) => sourceKeys[source]),
      ...sources.map((source) => formatEntryId(position[source])),
    )
    lastReadAt = performance.now()
    trusted = true
    if (!reply) return
    const pages = (reply as [string, [string, string[]][]][]).flatMap(([key, entries]) => {
      const source = sources.find((name) => sourceKeys[name] === key)
      return source ? [{ source, events: entries.map(([id, flat]) => parseEvent(source, id, flat)) }] : []
    })
    const before = position
    const full = pages.filter(({ events }) => events.length === pageSize)
    const lost = await Promise.all(
      full.map(({ source }) => lostSince(redis, sourceKeys[source], before[source])),
    )
    const events = pages.flatMap((page) => page.events)
    if (pages.length > 1) events.sort((a, b) => compareIds(a.id, b.id))
    if (lost.includes('trimmed')) deps.onTrimmed()
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
        trusted = false
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
  for (const { source, id } of events) next[source] = id
  return next
}

async function tailOf(redis: RedisClient, keys: Readonly<Record<Source, string>>): Promise<Position> {
  const tails = await Promise.all(
    sources.map(async (source) => {
      const [entry] = await redis.xrevrange(keys[source], '+', '-', 'COUNT', 1)
      return entry ? parseEntryId(entry[0]) : zeroId
    }),
  )
  return positionOf((source) => tails[sources.indexOf(source)] ?? zeroId)
}
