import type { ByeCode, ResyncReason, StreamName } from '#lib/contract/events.ts'
import { compareIds, isAtLeast, type Position, sourceOf } from './cursor.ts'
import { audienceOf } from './decode-event.ts'
import type { ReadyEvent } from './encode-events.ts'
import { byeFrame, joined, resyncFrame } from './frames.ts'
import { HeldEvents } from './held-events.ts'

/** Bytes of ours that one client may leave unread: half are on their way, half wait where they can be replaced. */
export const clientBytesMax = 256 * 1024
const half = clientBytesMax / 2
/** Bun sets aside as many bytes for each stream as its strategy names: a frame or two; more of them wait in our count. */
const writeBytes = 1_024
const strategy = { highWaterMark: writeBytes, size: (chunk?: Uint8Array) => chunk?.byteLength ?? 0 }

/** Why a stream ended; each is counted. */
export type StreamEnd = 'client' | 'slow' | ByeCode

/** Whose stream it is. */
export interface Listener {
  readonly practiceId: string
  readonly userId: string
  readonly tokenHash: string
}

interface Options {
  readonly listener: Listener
  readonly streams: readonly StreamName[]
  readonly rotateAt: number
  /** How far live events were handed out, and that as a frame. */
  readonly handedOut: () => Position
  readonly cursorFrame: () => Uint8Array
  /** Called once, whichever way the stream ends. */
  readonly onEnd: (end: StreamEnd) => void
}

/**
 * One client's stream: a bare ReadableStream that counts bytes. A client that falls behind is bounded: what it leaves
 * waits, then is coalesced, then dropped and told as a resync; and one that reads nothing at all is cut.
 */
export class Subscriber {
  readonly listener: Listener
  readonly streams: readonly StreamName[]
  readonly audiences: readonly string[]
  readonly rotateAt: number
  /** When the session has to be looked at again, in ms by our clock. */
  lookAt = 0
  readonly body: ReadableStream<Uint8Array>
  readonly #options: Options
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #open = true
  #replaying = true
  #muted = false
  #held: HeldEvents | undefined = new HeldEvents(half, false)
  /** Up to where history was told, while live events may still be older than that. */
  #told: Position | undefined
  #resync: ResyncReason | undefined
  #stalledAt: number | undefined
  #wake: (() => void) | undefined

  constructor(options: Options) {
    this.#options = options
    this.listener = options.listener
    this.streams = options.streams
    this.audiences = audiencesOf(options.listener, options.streams)
    this.rotateAt = options.rotateAt
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.#flush(),
        cancel: () => this.#settle('client'),
      },
      strategy,
    )
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Live events, and the same as one chunk that all of their group share. */
  deliver(events: readonly ReadyEvent[], chunk: Uint8Array): void {
    if (!this.#open) return
    const told = this.#told
    if (told && !this.#replaying) {
      this.#forgetTold()
      const fresh = after(told, events)
      if (fresh.length < events.length) {
        if (fresh.length > 0) this.deliver(fresh, joined(fresh.map(({ frame }) => frame)))
        return
      }
    }
    if (!this.#held && this.#room() > 0) {
      this.#enqueue(chunk)
      return
    }
    this.#held ??= new HeldEvents(half, true)
    this.#held.add(events)
    if (this.#held.lost && !this.#replaying) this.#resync ??= 'slow'
  }

  /** Waits until the client has room for more, so that a long history is not piled up. */
  async room(): Promise<void> {
    while (this.#open && (this.#muted || this.#room() <= 0))
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }

  /** Writes history, which comes before everything that waits. */
  write(frames: readonly Uint8Array[]): void {
    if (this.#open && frames.length > 0) this.#enqueue(joined(frames))
  }

  /** Whether live events that came while history was written had to be dropped; from now on they wait anew. */
  missedWhileReplaying(): boolean {
    const lost = this.#held?.lost === true
    if (lost) this.#held = new HeldEvents(half, false)
    return lost
  }

  /** History is written up to `told`: what waited and is newer follows, then `last`, then live events. */
  goLive(told: Position, last: Uint8Array): void {
    const fresh = after(told, this.#held?.events ?? [])
    this.#replaying = false
    this.#held = undefined
    this.#told = told
    this.#forgetTold()
    this.write([...fresh.map(({ frame }) => frame), last])
  }

  /** What it has is no longer a base for what comes: it is told where it stands now, as soon as it reads. */
  resync(reason: ResyncReason): void {
    this.#held ??= new HeldEvents(half, true)
    this.#held.lose()
    // Whoever is being told its history reads on from there, and finds out by itself.
    if (this.#replaying) return
    // In a new life of the streams what was told before may seem newer than all that comes.
    this.#told = undefined
    this.#resync = reason
    this.#flush()
  }

  /** Nothing is written while it is looked at whether the session may still listen. */
  mute(): void {
    this.#muted = true
    if (!this.#replaying) this.#held ??= new HeldEvents(half, true)
  }

  unmute(): void {
    this.#muted = false
    this.#flush()
  }

  /** A sign of life for a client that is up to date; one that has read nothing for too long is cut. */
  keepAlive(frame: Uint8Array, stalledMsMax: number): void {
    if (!this.#open) return
    if (this.#room() < half) {
      this.#stalledAt ??= performance.now()
      if (performance.now() - this.#stalledAt >= stalledMsMax) this.#cut()
    }
    if (this.#open && this.#room() > 0 && this.#isUpToDate()) this.#enqueue(frame)
  }

  /** The server ends the stream, and says why. Who was up to date comes back from where all stand now. */
  bye(code: ByeCode, retryMs: number): void {
    if (!this.#open) return
    const last = byeFrame(code, retryMs)
    this.#settle(code)
    // The client may have gone between two steps; then there is nobody to tell.
    try {
      this.#enqueue(this.#isUpToDate() ? joined([this.#options.cursorFrame(), last]) : last)
      this.#controller?.close()
    } catch {}
  }

  /** The client has gone; the platform's abort signal says so, sometimes before the stream is cancelled. */
  gone(): void {
    this.#settle('client')
  }

  /**
   * Nobody reads there: an error drops what is queued and closes the socket, where closing would wait for the client.
   * It has no value, because the platform would print that.
   */
  #cut(): void {
    if (!this.#open) return
    this.#settle('slow')
    this.#controller?.error()
  }

  #settle(end: StreamEnd): void {
    if (!this.#open) return
    this.#open = false
    this.#wake?.()
    this.#options.onEnd(end)
  }

  /** Bytes that may be queued before the client reads some; all of `half` where it has read everything, 0 once closed. */
  #room(): number {
    const desired = this.#controller?.desiredSize
    return desired ? desired - writeBytes + half : 0
  }

  #isUpToDate(): boolean {
    this.#forgetTold()
    return !this.#held && !this.#told
  }

  /** Once all that history told has been handed out, too, whatever comes is newer. */
  #forgetTold(): void {
    const handedOut = this.#options.handedOut()
    if (this.#told && isAtLeast(handedOut, this.#told)) this.#told = undefined
  }

  #enqueue(chunk: Uint8Array): void {
    this.#controller?.enqueue(chunk)
  }

  /** The client has read, or may be written to again. */
  #flush(): void {
    if (!this.#open || this.#muted || this.#room() <= 0) return
    this.#stalledAt = undefined
    this.#wake?.()
    if (this.#replaying || !this.#held) return
    const waiting = this.#held.events.map(({ frame }) => frame)
    this.#held = undefined
    const reason = this.#resync
    this.#resync = undefined
    this.write(reason === undefined ? waiting : [this.#options.cursorFrame(), resyncFrame(reason)])
  }
}

const after = (told: Position, events: readonly ReadyEvent[]): readonly ReadyEvent[] =>
  events.filter(({ event }) => compareIds(event.id, told[event.source]) > 0)

function audiencesOf({ practiceId, userId }: Listener, streams: readonly StreamName[]): string[] {
  return streams.flatMap((stream) => [
    audienceOf(stream, practiceId, userId),
    ...(sourceOf(stream) === 'events' ? [audienceOf(stream, practiceId, '')] : []),
  ])
}
