import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { Logger } from '#lib/observability/logger.ts'
import { formatCursor, type Position } from './cursor.ts'
import { replacedBy, type StreamEvent, toEnvelope } from './decode-event.ts'
import { eventFrame } from './frames.ts'

/** A frame made once and shared by all it goes to. */
export interface ReadyEvent {
  readonly event: StreamEvent
  readonly frame: Uint8Array
  /** A later event under the same key makes this one old. */
  readonly key: string | undefined
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
  const encode = async (event: StreamEvent, cursor: string): Promise<ReadyEvent[]> => {
    try {
      const frame = eventFrame(event.stream, cursor, await toEnvelope(event, deps.cipher))
      return [{ event, frame, key: replacedBy(event) }]
    } catch (error) {
      // A result that cannot be opened (its key was shredded) must not hold up everybody else's events.
      deps.logger.error({ err: error, stream: event.stream }, 'event could not be decoded')
      return []
    }
  }

  return async (events, before, wanted) => {
    const position = { ...before }
    const encoding: Promise<ReadyEvent[]>[] = []
    for (const event of events) {
      position[event.source] = event.id
      if (wanted(event)) encoding.push(encode(event, formatCursor(deps.epoch(), position)))
    }
    return encoding.length === 0 ? [] : (await Promise.all(encoding)).flat()
  }
}
