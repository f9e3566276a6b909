import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { Logger } from '#lib/observability/logger.ts'
import { formatCursor, type Position } from './cursor.ts'
import { type StreamEvent, toEnvelope } from './decode-event.ts'
import { advance } from './event-reader.ts'
import { eventFrame } from './frames.ts'

/** A frame made once, with what decides who gets it. */
export interface ReadyEvent {
  readonly event: StreamEvent
  readonly frame: Uint8Array
}

export type EncodeEvents = (
  events: readonly StreamEvent[],
  before: Position,
  wanted: (event: StreamEvent) => boolean,
) => Promise<ReadyEvent[]>

/** Opens and encodes the events that somebody wants, in their order; the rest only move the cursor. */
export function createEncodeEvents(deps: {
  cipher: FieldCipher
  logger: Logger
  epoch: () => string
}): EncodeEvents {
  const encode = async (event: StreamEvent, position: Position): Promise<ReadyEvent[]> => {
    try {
      const envelope = await toEnvelope(event, deps.cipher)
      return [{ event, frame: eventFrame(event.stream, formatCursor(deps.epoch(), position), envelope) }]
    } catch (error) {
      // A result that cannot be opened (its key was shredded) must not hold up everybody else's events.
      deps.logger.error({ err: error, stream: event.stream }, 'event could not be decoded')
      return []
    }
  }

  return async (events, before, wanted) => {
    let position = before
    const encoding: Promise<ReadyEvent[]>[] = []
    for (const event of events) {
      position = advance(position, [event])
      if (wanted(event)) encoding.push(encode(event, position))
    }
    return (await Promise.all(encoding)).flat()
  }
}
