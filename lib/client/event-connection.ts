import type { StreamName } from '#lib/contract/events.ts'
import { type BackOff, fullJitter } from './back-off.ts'
import { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
import type { EndReason, WaitReason } from './connection-state.ts'
import { EventStream } from './event-stream.ts'
import { createListeners } from './listeners.ts'
import { type Fetch, runStream, type StreamEnd } from './run-stream.ts'
import type { StreamFrame } from './stream-frame.ts'
import { waitForTurn } from './wait-for-turn.ts'

export interface EventConnectionOptions {
  readonly streams: readonly StreamName[]
  /** Path or URL of the stream; the page's own origin unless given. */
  readonly url?: string
  /** A program without a cookie sends its `authorization` here. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: Fetch
  readonly environment?: ClientEnvironment
  /** `baseMs` gives way to the server's `retry:`. */
  readonly backOff?: BackOff
  /** Three missed heartbeats of 15 s. */
  readonly silenceMs?: number
  /** A stream that lasted so long starts the back-off anew when it drops. */
  readonly stableMs?: number
  /** The cursor to begin from: events after it are replayed. Left out, the stream begins now. */
  readonly lastEventId?: string
}

type Plan =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | {
      readonly kind: 'wait'
      readonly reason: WaitReason
      readonly delayMs: number
      /** The server named the time, so that coming back online or into view does not shorten it. */
      readonly isImposed: boolean
    }

/**
 * One `GET /events` stream that stays: it resumes from its cursor after a drop, a silence, a rotation or a time offline, and
 * ends for good only when the session or the permission does.
 */
export class EventConnection extends EventStream {
  #life = new AbortController()
  #lastEventId: string
  #retryMs: number | undefined
  readonly #options: EventConnectionOptions
  readonly #environment: ClientEnvironment
  readonly #backOff: BackOff
  readonly #heard

  constructor(options: EventConnectionOptions) {
    const environment = options.environment ?? browserEnvironment()
    super(environment.report)
    this.#options = options
    this.#environment = environment
    this.#lastEventId = options.lastEventId ?? ''
    this.#backOff = options.backOff ?? { baseMs: 1000, capMs: 30_000 }
    this.#heard = createListeners<void>(environment.report)
    this.#life.abort()
  }

  /** The cursor to go on from. While an event is told it is the one after that event. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** Hears every sign of life of the server, heartbeats too; `lastEventId` has moved where it was more than one. */
  onHeard(listener: () => void): () => void {
    return this.#heard.add(listener)
  }

  override open(): void {
    if (!this.#life.signal.aborted) return
    this.#life = new AbortController()
    void this.#live(this.#life.signal)
  }

  override close(): void {
    this.#end('closed')
  }

  async #live(life: AbortSignal): Promise<void> {
    for (let attempt = 0; !life.aborted; attempt++) {
      this.become({ kind: 'connecting', attempt })
      const { end, openMs, wentOffline } = await this.#streamOnce(life)
      if (life.aborted) return
      if (openMs !== undefined && openMs >= (this.#options.stableMs ?? 10_000)) attempt = 0
      const plan = this.#planAfter(end, attempt)
      if (plan.kind === 'end') return this.#end(plan.reason)
      await waitForTurn(
        { ...plan, reason: wentOffline ? 'offline' : plan.reason, attempt, probeMs: this.#backOff.capMs },
        this.#environment,
        life,
        (state) => this.become(state),
      )
    }
  }

  async #streamOnce(
    life: AbortSignal,
  ): Promise<{ end: StreamEnd; openMs: number | undefined; wentOffline: boolean }> {
    const environment = this.#environment
    const stop = new AbortController()
    const wasOnline = environment.isOnline()
    let since: number | undefined
    const stopWatching = environment.onChange(() => {
      if (wasOnline && !environment.isOnline()) stop.abort()
    })
    const end = await runStream(
      {
        url: this.#url(),
        streams: this.#options.streams,
        headers: this.#options.headers ?? {},
        lastEventId: this.#lastEventId,
        silenceMs: this.#options.silenceMs ?? 45_000,
        fetch: this.#options.fetch ?? ((url, init) => fetch(url, init)),
        environment,
        signal: AbortSignal.any([life, stop.signal]),
      },
      {
        onOpen: () => {
          if (life.aborted) return
          since = environment.now()
          this.become({ kind: 'open', since, isReady: false })
        },
        onFrame: (frame, lastEventId) => {
          if (life.aborted) return
          this.#lastEventId = lastEventId
          this.#takeFrame(frame)
        },
        onChunk: (lastEventId) => {
          if (life.aborted) return
          this.#lastEventId = lastEventId
          this.#heard.tell()
        },
        onRetry: (retryMs) => {
          this.#retryMs = retryMs
        },
      },
    )
    stopWatching()
    const openMs = since === undefined ? undefined : environment.now() - since
    return { end, openMs, wentOffline: stop.signal.aborted }
  }

  #takeFrame(frame: StreamFrame): void {
    if (frame.kind === 'event') this.tellEvent(frame.envelope)
    else if (frame.kind === 'resync') this.tellGap(frame.reason)
    else if (frame.kind === 'unreadable') this.tellGap('unreadable')
    else if (frame.kind === 'ready' && this.state.kind === 'open') {
      this.become({ ...this.state, isReady: true })
    }
  }

  #planAfter(end: StreamEnd, attempt: number): Plan {
    const backOff = { ...this.#backOff, baseMs: this.#retryMs ?? this.#backOff.baseMs }
    const jitterMs = fullJitter(backOff, attempt, this.#environment.random)
    if (end.kind === 'refused') {
      if (end.status === 401) return { kind: 'end', reason: 'session-ended' }
      if (end.status === 403) return { kind: 'end', reason: 'forbidden' }
      if (end.status === 204) return { kind: 'end', reason: 'stopped' }
      const delayMs = (end.retryAfterMs ?? 0) + jitterMs
      return { kind: 'wait', reason: 'refused', delayMs, isImposed: end.retryAfterMs !== undefined }
    }
    if (end.kind !== 'bye') return { kind: 'wait', reason: end.kind, delayMs: jitterMs, isImposed: false }
    if (end.code === 'session-ended' || end.code === 'forbidden') return { kind: 'end', reason: end.code }
    // The server has spread its clients by a `retry:` for each, so it is taken as it is.
    return { kind: 'wait', reason: 'told-to', delayMs: this.#retryMs ?? jitterMs, isImposed: true }
  }

  #url(): string {
    return `${this.#options.url ?? '/events'}?streams=${this.#options.streams.join(',')}`
  }

  #end(reason: EndReason): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.become({ kind: 'ended', reason })
  }
}
