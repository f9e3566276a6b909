import type { StreamName } from '#lib/contract/events.ts'
import type { ActiveSession } from '#lib/http/session-guard.ts'
import { compareIds, formatCursor, type Position } from './cursor.ts'
import type { ReadyEvent } from './encode-events.ts'
import { advance } from './event-reader.ts'
import type { Feed } from './feed.ts'
import { cursorFrame, readyFrame } from './frames.ts'
import type { Hub, Listener } from './hub.ts'
import { createSubscriber, type StreamEnd } from './subscriber.ts'

interface Deps {
  readonly hub: Hub
  /** Where the events of a practice come from. */
  readonly feedOf: (practiceId: string) => Feed
  readonly onEnd: (end: StreamEnd) => void
  /** When a stream that opens now is ended and resumed, before the platform cuts it; ms by our clock. */
  readonly rotateAt: () => number
}

interface Opening {
  readonly session: ActiveSession
  readonly streams: readonly StreamName[]
  readonly cursor: string | undefined
  readonly signal: AbortSignal
}

/**
 * Opens one client's stream: listen first, then read what was missed, then let live events through. What arrives
 * while history is read waits, and what history already held is not sent again.
 */
export function createOpenStream(deps: Deps) {
  return ({ session, streams, cursor, signal }: Opening): ReadableStream<Uint8Array> => {
    const { events, encodeEvents, replay } = deps.feedOf(session.practiceId)
    let held: ReadyEvent[] | undefined = []
    const wants = new Set(streams)

    const subscriber = createSubscriber({
      session,
      streams,
      rotateAt: deps.rotateAt(),
      onEnd: (end) => {
        deps.hub.remove(listener)
        signal.removeEventListener('abort', gone)
        held = undefined
        deps.onEnd(end)
      },
    })
    const listener: Listener = {
      subscriber,
      deliver(batch) {
        const wanted = batch.filter(({ event }) => wants.has(event.stream))
        if (held) held.push(...wanted)
        else subscriber.write(wanted.map(({ frame }) => frame))
      },
    }
    const gone = () => subscriber.gone()
    // Both endings are listened to before anything is awaited: a client may leave at once.
    signal.addEventListener('abort', gone, { once: true })
    deps.hub.add(listener)

    const goLive = (seen: Position) => {
      const waiting = held ?? []
      held = undefined
      const fresh = waiting.filter(({ event }) => compareIds(event.id, seen[event.stream]) > 0)
      subscriber.write([...fresh.map(({ frame }) => frame), readyFrame(streams)])
    }

    const begin = async (): Promise<void> => {
      const start = events.position
      if (cursor === undefined) {
        subscriber.write([cursorFrame(formatCursor(events.epoch, start))])
        return goLive(start)
      }
      const missed = await replay(cursor)
      if (missed.kind === 'gap') {
        subscriber.write([cursorFrame(formatCursor(events.epoch, start))])
        subscriber.resync(missed.reason)
        return goLive(start)
      }
      const history = await encodeEvents(
        missed.events,
        missed.from,
        (event) =>
          wants.has(event.stream) &&
          event.userId === session.userId &&
          event.practiceId === session.practiceId,
      )
      subscriber.write(history.map(({ frame }) => frame))
      goLive(advance(missed.from, missed.events))
    }
    // A stream that cannot begin (Redis went away) ends, and its client comes back with the same cursor.
    begin().catch(() => subscriber.bye('draining', 2_000))
    return subscriber.body
  }
}
