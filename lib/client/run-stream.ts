import { retryAfterMs } from './back-off.ts'
import type { ClientEnvironment } from './client-environment.ts'
import { createSseParser } from './sse-parser.ts'
import { readFrame, type StreamFrame } from './stream-frame.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface StreamRequest {
  readonly url: string
  /** The names of business events; any other is the server's own talk. */
  readonly streams: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly lastEventId: string
  /** A stream without a single byte for so long is dead, whatever the socket says. */
  readonly silenceMs: number
  readonly fetch: Fetch
  readonly environment: ClientEnvironment
  readonly signal: AbortSignal
}

export interface StreamListener {
  onOpen(): void
  /** `lastEventId` is the cursor to resume from after this frame. */
  onFrame(frame: StreamFrame, lastEventId: string): void
  /** Told after each chunk, also of one that held a heartbeat or a bare cursor only. */
  onChunk(lastEventId: string): void
  onRetry(retryMs: number): void
}

/** Every way a stream can end. */
export type StreamEnd =
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'bye'; readonly code: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'dropped' }

/** Opens one stream and reads it until it ends; never throws and leaves neither socket nor timer behind. */
export async function runStream(request: StreamRequest, listener: StreamListener): Promise<StreamEnd> {
  const { environment, silenceMs } = request
  const stop = new AbortController()
  const signal = AbortSignal.any([request.signal, stop.signal])
  let lastByteAt = environment.now()
  let isSilent = false
  let bye: string | undefined
  let cancelWatch = environment.after(silenceMs, watch)

  function watch(): void {
    const leftMs = lastByteAt + silenceMs - environment.now()
    if (leftMs > 0) {
      cancelWatch = environment.after(leftMs, watch)
      return
    }
    isSilent = true
    stop.abort()
  }

  const parser = createSseParser(
    {
      onEvent(event) {
        if (bye !== undefined) return
        const frame = readFrame(event, request.streams)
        if (frame.kind === 'bye') bye = frame.code
        else listener.onFrame(frame, event.lastEventId)
      },
      onRetry: listener.onRetry,
    },
    request.lastEventId,
  )

  async function read(): Promise<StreamEnd> {
    // Coming back by itself is nobody's activity, and must not keep an idle session alive.
    const headers: Record<string, string> = {
      ...request.headers,
      accept: 'text/event-stream',
      'x-background': '1',
    }
    if (request.lastEventId !== '') headers['last-event-id'] = request.lastEventId
    const answer = await request.fetch(request.url, {
      headers,
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    })
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (answer.status !== 200 || !isStream || answer.body === null) {
      const waitMs = retryAfterMs(answer.headers, environment.now())
      return { kind: 'refused', status: answer.status, retryAfterMs: waitMs }
    }
    lastByteAt = environment.now()
    listener.onOpen()
    const reader = answer.body.getReader()
    while (bye === undefined) {
      const { done, value } = await reader.read()
      if (done) return { kind: 'dropped' }
      lastByteAt = environment.now()
      parser.push(value)
      listener.onChunk(parser.lastEventId)
    }
    return { kind: 'bye', code: bye }
  }

  try {
    return await read()
  } catch {
    // A refused, reset or aborted socket: all of them end in another try, decided by the caller.
    return { kind: isSilent ? 'silent' : 'dropped' }
  } finally {
    cancelWatch()
    stop.abort()
  }
}
