import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { Logger } from '#lib/observability/logger.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import { formatCursor, type Position } from './cursor.ts'
import { createEncodeEvents, type EncodeEvents } from './encode-events.ts'
import { advance, createEventReader, type EventReader } from './event-reader.ts'
import { cursorFrame, joined, keepAliveFrame } from './frames.ts'
import { gatherMs } from './gather-ms.ts'
import { createHub, type Hub } from './hub.ts'
import { inPieces } from './in-pieces.ts'
import { createReplay, type Replay } from './replay.ts'

/** One partition's events: read once, encoded once for all who listen, and its history for those who come back. */
export interface Feed {
  readonly hub: Hub
  readonly events: EventReader
  readonly encodeEvents: EncodeEvents
  readonly replay: Replay
  /** How far events were handed out: those that are being opened have been read and are not in it. */
  handedOut(): Position
  /** The same as a frame. */
  cursorFrame(): Uint8Array
  /** The next sign of life; where others' events have moved the cursor, it goes with it, so that it stays young. */
  keepAliveFrame(): Uint8Array
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export function createFeed(deps: {
  /** A connection of the feed's own: its reads block. */
  reader: RedisClient
  redis: RedisClient
  keys: QueueKeys
  cipher: FieldCipher
  logger: Logger
  now: () => number
  randomEpoch: () => string
  blockMs: number
}): Feed {
  const hub = createHub()
  let handedOut: Position | undefined
  let kept: Position | undefined

  const encodeEvents = createEncodeEvents({ ...deps, epoch: () => events.epoch })
  const standHere = () => {
    handedOut = events.position
  }
  const resync = (reason: 'epoch' | 'trimmed') => () => {
    standHere()
    hub.resync(reason)
  }
  const events = createEventReader({
    ...deps,
    onEvents: async (batch, before) => {
      handedOut ??= before
      const pieces = inPieces(await encodeEvents(batch, before, hub.isHeard))
      // Between two pieces the platform sends: who reads has room again, and who does not is seen to have none.
      for (const piece of pieces.slice(0, -1)) {
        handedOut = advance(
          handedOut,
          piece.map(({ event }) => event),
        )
        hub.publish(piece)
        await wait(0)
      }
      standHere()
      // The next read waits so long; what comes meanwhile is one batch then.
      const gather = gatherMs(hub.publish(pieces.at(-1) ?? []))
      if (gather > 0) await wait(gather)
    },
    onEpoch: resync('epoch'),
    onTrimmed: resync('trimmed'),
  })
  const stand = () => handedOut ?? events.position
  const standFrame = () => cursorFrame(formatCursor(events.epoch, stand()))

  return {
    hub,
    events,
    encodeEvents,
    replay: createReplay(deps),
    handedOut: stand,
    cursorFrame: standFrame,
    keepAliveFrame() {
      const moved = stand() !== kept
      kept = stand()
      return moved ? joined([standFrame(), keepAliveFrame]) : keepAliveFrame
    },
  }
}
