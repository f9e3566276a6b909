import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import type { StreamEvent } from './decode-event.ts'
import { createEncodeEvents, type EncodeEvents } from './encode-events.ts'
import { createEventReader, type EventReader } from './event-reader.ts'
import type { Hub } from './hub.ts'
import { createReplay, type Replay } from './replay.ts'

/** One partition's events: read once, encoded once for all who listen, and its history for those who come back. */
export interface Feed {
  readonly events: EventReader
  readonly encodeEvents: EncodeEvents
  readonly replay: (cursor: string) => Promise<Replay>
}

export function createFeed(deps: {
  /** A connection of the feed's own: its reads block. */
  reader: RedisClient
  redis: RedisClient
  keys: QueueKeys
  hub: Hub
  /** Whether the practice's requests are in this partition. */
  holds: (practiceId: string) => boolean
  cipher: FieldCipher
  logger: Logger
  randomEpoch: () => string
  blockMs: number
}): Feed {
  const { hub } = deps
  // A practice that has moved may have left events behind; their cursor is no good to its listeners.
  const isOurs = (event: StreamEvent) => deps.holds(event.practiceId) && hub.isHeard(event)
  const encodeEvents = createEncodeEvents({ ...deps, epoch: () => events.epoch })
  const events = createEventReader({
    ...deps,
    onEvents: async (batch, before) => hub.publish(await encodeEvents(batch, before, isOurs)),
    onEpoch: () => hub.resync('epoch', ({ session }) => deps.holds(session.practiceId)),
  })
  const replay = createReplay({ ...deps, epoch: () => events.epoch })
  return { events, encodeEvents, replay }
}
