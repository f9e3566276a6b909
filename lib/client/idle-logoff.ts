import type { SessionAnswer } from '#lib/contract/session.ts'
import type { AuthClient } from './auth-client.ts'
import { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
import type { EventStream } from './event-stream.ts'
import { createListeners } from './listeners.ts'
import { onPageActivity } from './page-activity.ts'
import { browserTabs, type TabChannel, type Tabs } from './tabs.ts'

/** How near the end of the session is; `endsAt` in ms since 1970 by this computer's clock. */
export type IdleState =
  | { readonly kind: 'active' }
  /** `canStay` is false where the session has reached its greatest age and only a new sign-in helps. */
  | { readonly kind: 'warning'; readonly endsAt: number; readonly canStay: boolean }
  | { readonly kind: 'ended' }

export interface IdleLogoffOptions {
  readonly auth: Pick<AuthClient, 'session'>
  readonly session: SessionAnswer['session']
  /** Ends with this stream's session too. */
  readonly events?: Pick<EventStream, 'onState'>
  readonly warnMs?: number
  /** Activity is told to the service this often at most, by all tabs together. */
  readonly touchEveryMs?: number
  readonly environment?: ClientEnvironment
  readonly tabs?: Tabs | undefined
  /** Calls back when a person does something in the page; returns the way to stop. */
  readonly onActivity?: (listener: () => void) => () => void
}

interface Ends {
  readonly idle: number
  readonly absolute: number
}
type Message = { readonly ends: Ends; readonly touchedAt: number } | 'ended'

/**
 * Knows when the session will end for want of activity, and says so before. What a person does in any tab counts for all and is
 * told to the service; before it warns or ends it asks the service, which may have seen more. Nobody's polls count.
 */
export class IdleLogoff {
  #state: IdleState = { kind: 'active' }
  #ends: Ends
  #touchedAt = 0
  #life = new AbortController()
  #channel: TabChannel | undefined
  #cancelTimer: () => void = () => undefined
  #cancelTouch: (() => void) | undefined
  readonly #states
  readonly #options: IdleLogoffOptions
  readonly #environment: ClientEnvironment

  constructor(options: IdleLogoffOptions) {
    this.#options = options
    this.#environment = options.environment ?? browserEnvironment()
    this.#states = createListeners<IdleState>(this.#environment.report)
    this.#ends = endsOf(options.session, 0)
    this.#life.abort()
  }

  get state(): IdleState {
    return this.#state
  }

  onState(listener: (state: IdleState) => void): () => void {
    return this.#states.add(listener)
  }

  /** Begins to watch; an ended session stays ended. */
  start(): void {
    if (!this.#life.signal.aborted || this.#state.kind === 'ended') return
    const { session, events, tabs = browserTabs(), onActivity = onPageActivity } = this.#options
    this.#life = new AbortController()
    this.#channel = tabs?.channel(`workflow-bolt idle ${session.id}`, (message) =>
      this.#hear(message as Message),
    )
    const stops = [
      onActivity(() => this.#noteActivity()),
      // A computer that slept, or a tab whose timers were held back, looks again.
      this.#environment.onChange(() => void this.#look()),
      events?.onState((state) => state.kind === 'ended' && state.reason === 'session-ended' && this.#end()),
    ]
    this.#life.signal.addEventListener('abort', () => {
      for (const stop of stops) stop?.()
      this.#channel?.close()
      this.#cancelTimer()
      this.#forgetTouch()
    })
    void this.#ask(true).then(() => this.#look())
  }

  stop(): void {
    this.#life.abort()
  }

  /** Counts as activity now: the button of a warning. */
  async stay(): Promise<void> {
    this.#forgetTouch()
    this.#touchedAt = this.#environment.now()
    await this.#ask(false)
    await this.#look()
  }

  #noteActivity(): void {
    // A warning is taken away at once; where nothing helps any more, nothing is hurried.
    const isUrgent = this.#state.kind === 'warning' && this.#state.canStay
    const everyMs = isUrgent ? 1000 : (this.#options.touchEveryMs ?? 60_000)
    const waitMs = this.#touchedAt + everyMs - this.#environment.now()
    if (waitMs <= 0) void this.stay()
    else this.#cancelTouch ??= this.#environment.after(waitMs, () => void this.stay())
  }

  #forgetTouch(): void {
    this.#cancelTouch?.()
    this.#cancelTouch = undefined
  }

  /** Says where it stands and comes back at the next moment that matters. */
  async #look(): Promise<void> {
    const { now, after } = this.#environment
    const warnMs = this.#options.warnMs ?? 120_000
    this.#cancelTimer()
    if (now() >= this.#endsAt() - warnMs) await this.#ask(true)
    if (this.#life.signal.aborted) return
    const endsAt = this.#endsAt()
    if (now() >= endsAt) return this.#end()
    const isNear = now() >= endsAt - warnMs
    this.#become(
      isNear ? { kind: 'warning', endsAt, canStay: endsAt < this.#ends.absolute } : { kind: 'active' },
    )
    this.#cancelTimer()
    this.#cancelTimer = after((isNear ? endsAt : endsAt - warnMs) - now(), () => void this.#look())
  }

  /** Learns the session's ends from the service, by this computer's clock; what cannot be asked stays as it is known. */
  async #ask(background: boolean): Promise<void> {
    let offsetMs = 0
    // From when it was asked: an answer may be read long after it was given, by a computer that slept meanwhile.
    const askedAt = this.#environment.now()
    const onAnswer = ({ headers }: Response): void => {
      const served = Date.parse(headers.get('date') ?? '')
      if (!Number.isNaN(served)) offsetMs = askedAt - served
    }
    const answer = await this.#options.auth.session({ background, onAnswer }).catch(() => null)
    if (this.#life.signal.aborted || answer === null) return
    if (answer?.session.id !== this.#options.session.id) return this.#end()
    this.#ends = endsOf(answer.session, offsetMs)
    if (!background) this.#channel?.post({ ends: this.#ends, touchedAt: this.#touchedAt } satisfies Message)
  }

  #hear(message: Message): void {
    if (message === 'ended') {
      this.#end()
      return
    }
    this.#ends = message.ends
    this.#touchedAt = message.touchedAt
    // What was done here before the other tab told of its own is covered by that.
    this.#forgetTouch()
    void this.#look()
  }

  #endsAt(): number {
    return Math.min(this.#ends.idle, this.#ends.absolute)
  }

  #end(): void {
    if (this.#life.signal.aborted) return
    this.#channel?.post('ended' satisfies Message)
    this.#life.abort()
    this.#become({ kind: 'ended' })
  }

  #become(state: IdleState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    this.#states.tell(state)
  }
}

const endsOf = (session: SessionAnswer['session'], offsetMs: number): Ends => ({
  idle: Date.parse(session.idleExpiresAt) + offsetMs,
  absolute: Date.parse(session.absoluteExpiresAt) + offsetMs,
})
