import { eventsKeptMs } from '#lib/bus/event-bus.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { compareIds, formatEntryId, type Position, parseEntryId, type Source } from './cursor.ts'
import { parseEvent, type StreamEvent } from './decode-event.ts'
import { advance, sourceKeysOf } from './event-reader.ts'
import { shareFresh } from './share-fresh.ts'
import { type Loss, lostOfPractice, lostSince } from './stream-gap.ts'

/** A piece of what a client has missed, oldest first; `last` where there was nothing more when it was read. */
export type Page =
  | {
      readonly kind: 'page'
      readonly events: readonly StreamEvent[]
      readonly to: Position
      readonly last: boolean
    }
  | { readonly kind: 'lost'; readonly loss: Loss }

export interface Missed {
  readonly practiceId: string
  readonly sources: readonly Source[]
  readonly from: Position
  /** What was trimmed is not missed: the client asks for what there is. */
  readonly whateverIsLeft: boolean
}

const pageSize = 1_000

interface Part {
  readonly events: readonly StreamEvent[]
  readonly loss: Loss | undefined
}

/**
 * Reads what a client has missed, a page at a time, so that a long history takes no more memory than a page. Clients
 * that come back at the same time with the same cursor (a restarted instance) share one reading of each stream. It begins after
 * they listen: an older one might end before what they hear live begins.
 */
export function createReplay(deps: { redis: RedisClient; keys: QueueKeys; now: () => number }) {
  const { redis, keys, now } = deps
  const sourceKeys = sourceKeysOf(keys)

  /** The loss is asked for after reading: what was trimmed meanwhile shows as a gap instead of slipping through. */
  const readPart = shareFresh(async (source: Source, practiceId: string, after: string): Promise<Part> => {
    const key = source === 'events' ? keys.practiceEvents(practiceId) : sourceKeys[source]
    const entries = await redis.xrange(key, `(${after}`, '+', 'COUNT', pageSize)
    const from = parseEntryId(after)
    const loss =
      source === 'events'
        ? await lostOfPractice(redis, { all: keys.events, practice: key }, from, now() - eventsKeptMs)
        : await lostSince(redis, key, from)
    return { events: entries.map(([id, flat]) => parseEvent(source, id, flat)), loss }
  })

  return async (missed: Missed): Promise<Page> => {
    const { from, practiceId } = missed
    const parts = await Promise.all(
      // What is every practice's is read once for all of them.
      missed.sources.map((source) =>
        readPart(source, source === 'events' ? practiceId : '', formatEntryId(from[source])),
      ),
    )
    const losses = parts.map(({ loss }) => loss)
    if (losses.includes('future')) return { kind: 'lost', loss: 'future' }
    if (losses.includes('trimmed') && !missed.whateverIsLeft) return { kind: 'lost', loss: 'trimmed' }

    // Beyond the end of a full page another source may have entries that come in between.
    const ends = parts
      .filter(({ events }) => events.length === pageSize)
      .flatMap(({ events }) => events.at(-1)?.id ?? [])
    const known = parts
      .flatMap(({ events }) => events)
      .filter(({ id }) => ends.every((end) => compareIds(id, end) <= 0))
      .sort((a, b) => compareIds(a.id, b.id))
    return { kind: 'page', events: known, to: advance(from, known), last: ends.length === 0 }
  }
}

export type Replay = ReturnType<typeof createReplay>
