import { createHash } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { BusStream } from '#lib/contract/events.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import { loadScript } from '#lib/redis/script.ts'
import { eventPlace } from './event-place.ts'

export interface NewEvent {
  readonly practiceId: string
  readonly stream: BusStream
  /** What happened, and what it is about: words of ours, never PHI. */
  readonly event: string
  readonly key?: string | undefined
  /** The one user it is for; left out, it is for all of the practice who may hear the stream. */
  readonly userId?: string
  /** Sealed: nobody reads it in Redis. */
  readonly data: Readonly<Record<string, unknown>>
}

export type Appended =
  | { readonly kind: 'appended' | 'already'; readonly id: string }
  /** The idempotency key stands for another event. */
  | { readonly kind: 'conflict' }

export interface EventBus {
  /**
   * Appends an event for those who listen. With an idempotency key (any text; it is kept as a digest, for a day)
   * there is one event however often this is called.
   */
  append(event: NewEvent, idempotencyKey?: string): Promise<Appended>
}

const entriesKept = 10_000
export const eventsKeptMs = 7 * 24 * 3_600_000
const idempotencyKeptMs = 24 * 3_600_000

type Reply = [kind: Appended['kind'], id: string]
const appendScript = loadScript<Reply>(new URL('./append-event.lua', import.meta.url))

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * The event bus lies in the practice's partition of the queue: stream-sse follows it with the reads it makes there
 * anyway, so it needs no connection and no cursor per practice, also in a Cluster, where one read is of one slot.
 * The price: an instance reads the events of practices nobody listens to on it, and skips them unopened.
 */
export function createEventBus(deps: {
  redis: RedisClient
  partitions: Partitions
  cipher: FieldCipher
  now: () => number
}): EventBus {
  return {
    async append(event, idempotencyKey) {
      const { practiceId, stream, key = '', userId = '' } = event
      const keys = deps.partitions.of(practiceId)
      const eventId = uuidv7()
      const text = JSON.stringify(event.data)
      const fields = {
        practiceId,
        userId,
        stream,
        event: event.event,
        key,
        eventId,
        timestamp: String(deps.now()),
        data: await deps.cipher.encrypt(eventPlace(practiceId, stream, eventId), text),
      }
      const [kind, id] = await appendScript(
        deps.redis,
        [
          keys.events,
          keys.practiceEvents(practiceId),
          ...(idempotencyKey === undefined
            ? []
            : [keys.eventIdempotency(practiceId, digestOf(idempotencyKey))]),
        ],
        [
          entriesKept,
          eventsKeptMs,
          digestOf(JSON.stringify([stream, event.event, key, userId, text])),
          idempotencyKeptMs,
          ...Object.entries(fields).flat(),
        ],
      )
      return kind === 'conflict' ? { kind } : { kind, id }
    },
  }
}
