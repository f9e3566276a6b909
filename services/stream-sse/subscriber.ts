import type { ByeCode, ResyncReason, StreamName } from '#lib/contract/events.ts'
import type { ActiveSession } from '#lib/http/session-guard.ts'
import { byeFrame, joined, resyncFrame } from './frames.ts'

/** Bytes of ours that one client may leave unread before it is told to resync. */
export const clientBytesMax = 256 * 1024

/** Why a stream ended; each is counted. */
export type StreamEnd = 'client' | 'slow' | ByeCode

export interface Subscriber {
  readonly session: ActiveSession
  readonly streams: readonly StreamName[]
  readonly rotateAt: number
  readonly body: ReadableStream<Uint8Array>
  /** Writes frames as one chunk. A client that is too far behind is told to resync, and its stream ends. */
  write(frames: readonly Uint8Array[]): void
  resync(reason: ResyncReason): void
  /** The server ends the stream, and says why. */
  bye(code: ByeCode, retryMs: number): void
  /** The client has gone; the platform's abort signal says so, sometimes before the stream is cancelled. */
  gone(): void
}

/**
 * One client's stream: a bare ReadableStream that counts bytes, so that what a slow reader leaves is bounded.
 * `onEnd` is called once, whichever way the stream ends.
 */
export function createSubscriber(options: {
  session: ActiveSession
  streams: readonly StreamName[]
  rotateAt: number
  onEnd: (end: StreamEnd) => void
}): Subscriber {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let open = true

  const settle = (end: StreamEnd) => {
    if (!open) return
    open = false
    options.onEnd(end)
  }

  const close = (last: Uint8Array, end: StreamEnd) => {
    if (!open) return
    settle(end)
    // The client may have gone between two steps; then there is nobody to tell.
    try {
      controller?.enqueue(last)
      controller?.close()
    } catch {}
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started
      },
      cancel: () => settle('client'),
    },
    { highWaterMark: clientBytesMax, size: (chunk) => chunk?.byteLength ?? 0 },
  )

  return {
    session: options.session,
    streams: options.streams,
    rotateAt: options.rotateAt,
    body,
    write(frames) {
      if (!open || !controller || frames.length === 0) return
      if ((controller.desiredSize ?? 0) <= 0) close(resyncFrame('slow'), 'slow')
      else controller.enqueue(joined(frames))
    },
    resync(reason) {
      if (open) this.write([resyncFrame(reason)])
    },
    bye: (code, retryMs) => close(byeFrame(code, retryMs), code),
    gone: () => settle('client'),
  }
}
