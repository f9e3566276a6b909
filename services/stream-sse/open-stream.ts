import type { StreamName } from '#lib/contract/events.ts'
import {
  compareIds,
  formatCursor,
  type Position,
  parseCursor,
  positionOf,
  sourceOf,
  sources,
  startOfTime,
} from './cursor.ts'
import type { ReadyEvent } from './encode-events.ts'
import { advance } from './event-reader.ts'
import type { Feed } from './feed.ts'
import { cursorFrame, readyFrame, resyncFrame } from './frames.ts'
import { type Listener, type StreamEnd, Subscriber } from './subscriber.ts'

/** Where a client wants its stream to begin: at a cursor, at a time in ms, or now. */
export type Beginning =
  | { readonly kind: 'cursor'; readonly cursor: string }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'now' }

interface Deps {
  /** Where the events of a practice come from. */
  readonly feedOf: (practiceId: string) => Feed
  /** When a stream that opens now is ended and resumed, before the platform cuts it; ms by our clock. */
  readonly rotateAt: () => number
  readonly onOpen: () => void
  readonly onEnd: (end: StreamEnd) => void
}

interface Opening {
  readonly listener: Listener
  readonly streams: readonly StreamName[]
  readonly beginning: Beginning
  /** When the session has to be looked at again, in ms by our clock. */
  readonly lookAt: number
  readonly signal: AbortSignal
  readonly onEnd: () => void
}

/** Opens one client's stream. It hears live events from now on; they wait until it has been told what it missed. */
export function createOpenStream(deps: Deps) {
  return ({ listener, streams, beginning, lookAt, signal, onEnd }: Opening): ReadableStream<Uint8Array> => {
    const feed = deps.feedOf(listener.practiceId)
    const gone = () => subscriber.gone()
    const subscriber = new Subscriber({
      listener,
      streams,
      rotateAt: deps.rotateAt(),
      handedOut: feed.handedOut,
      cursorFrame: feed.cursorFrame,
      onEnd: (end) => {
        feed.hub.remove(subscriber)
        signal.removeEventListener('abort', gone)
        onEnd()
        deps.onEnd(end)
      },
    })
    subscriber.lookAt = lookAt
    // Both endings are listened to before anything is awaited: a client may leave at once.
    signal.addEventListener('abort', gone, { once: true })
    feed.hub.add(subscriber)
    deps.onOpen()
    if (signal.aborted) gone()
    // A stream that cannot begin (Redis went away) ends, and its client comes back with the same cursor.
    catchUp(subscriber, feed, beginning).catch(() => subscriber.bye('unavailable', comeBackMs))
    return subscriber.body
  }
}

const comeBackMs = 2_000
const pieceBytes = 64 * 1024

/**
 * Listen first, then read what was missed, then let live events through: what arrives while history is read waits, and
 * what history already held is not sent again. Where more arrives than may wait, history is read on from where it ended.
 */
async function catchUp(subscriber: Subscriber, feed: Feed, beginning: Beginning): Promise<void> {
  const { position: start, epoch } = feed.events
  const ready = readyFrame(subscriber.streams)
  const goLive = (told: Position) => subscriber.goLive(told, ready)
  const startAnew = (reason: Parameters<typeof resyncFrame>[0]) => {
    const { position, epoch: now } = feed.events
    subscriber.write([cursorFrame(formatCursor(now, position)), resyncFrame(reason)])
    goLive(position)
  }

  const begun = whereToBegin(beginning, start, epoch)
  if ('gap' in begun) return startAnew(begun.gap)
  let { from } = begun
  if (beginning.kind !== 'cursor') subscriber.write([cursorFrame(formatCursor(epoch, from))])
  if (beginning.kind === 'now') return goLive(from)

  const wanted = new Set(subscriber.audiences)
  const heard = new Set(subscriber.streams.map(sourceOf))
  while (subscriber.isOpen) {
    const page = await feed.replay({
      practiceId: subscriber.listener.practiceId,
      sources: sources.filter((source) => heard.has(source)),
      from,
      whateverIsLeft: beginning.kind === 'time',
    })
    if (feed.events.epoch !== epoch) return startAnew('epoch')
    if (page.kind === 'lost') return startAnew(page.loss === 'future' ? 'cursor' : 'trimmed')
    const history = await feed.encodeEvents(page.events, from, ({ audience }) => wanted.has(audience))
    await writeInPieces(subscriber, history)
    from = advance(from, page.events)
    if (page.last && !subscriber.missedWhileReplaying()) return goLive(from)
  }
}

/** The platform takes a chunk out of our count as soon as it begins to send it: a small one holds little there. */
async function writeInPieces(subscriber: Subscriber, history: readonly ReadyEvent[]): Promise<void> {
  let piece: Uint8Array[] = []
  let bytes = 0
  for (const { frame } of history) {
    piece.push(frame)
    bytes += frame.byteLength
    if (bytes < pieceBytes) continue
    await subscriber.room()
    subscriber.write(piece)
    piece = []
    bytes = 0
  }
  await subscriber.room()
  subscriber.write(piece)
}

function whereToBegin(
  beginning: Beginning,
  start: Position,
  epoch: string,
): { from: Position } | { gap: 'cursor' | 'epoch' } {
  if (beginning.kind === 'now') return { from: start }
  if (beginning.kind === 'time') {
    const justBefore = { ms: Math.max(0, beginning.ms - 1), seq: 999_999 }
    const from = beginning.ms <= 0 ? startOfTime : positionOf(() => justBefore)
    return {
      from: positionOf((source) => (compareIds(from[source], start[source]) > 0 ? start : from)[source]),
    }
  }
  const parsed = parseCursor(beginning.cursor)
  if (!parsed) return { gap: 'cursor' }
  return parsed.epoch === epoch ? { from: parsed.position } : { gap: 'epoch' }
}
