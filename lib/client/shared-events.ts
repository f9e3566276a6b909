import type { EventEnvelope } from '#lib/contract/events.ts'
import { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
import type { ConnectionState, EndReason, GapReason } from './connection-state.ts'
import { EventConnection, type EventConnectionOptions } from './event-connection.ts'
import { EventStream } from './event-stream.ts'
import { createRecent } from './recent.ts'
import type { TabChannel, Tabs } from './tabs.ts'
import { untilChange } from './wait.ts'

export interface SharedEventsOptions extends EventConnectionOptions {
  /** `session.id` of `GET /auth/session`. Tabs of another session never hear of this one's events. */
  readonly sessionId: string
}

/** What the leader tells the other tabs. The cursor before and after shows a tab that it missed something. */
interface Tidings {
  readonly before: string
  readonly cursor: string
  readonly event?: EventEnvelope
  readonly gap?: GapReason
  readonly state?: ConnectionState
  /** The answer to a tab that has just come. */
  readonly isWelcome?: boolean
}

const hello = 'hello'
const sessions = 'workflow-bolt sessions'

/**
 * One stream for all tabs of a session: a tab leads, holds the connection and tells the others. When it closes, dies or falls
 * silent, another one takes over and resumes from the cursor that all of them share. A sign-in as somebody else ends it everywhere.
 */
export class SharedEvents extends EventStream {
  #life = new AbortController()
  /** Of the latest event that this tab heard. */
  #cursor: string | undefined
  /** The connection, while this tab leads. */
  #own: EventConnection | undefined
  /** Not yet told where the stream stands. */
  #isStranger = true
  #hasHeard = false
  #hasSpoken = false
  #channels: readonly TabChannel[] = []
  readonly #heard = createRecent()
  /** Cursors where this tab has been: a new leader may be behind it. */
  readonly #passed = createRecent()
  readonly #options: SharedEventsOptions
  readonly #environment: ClientEnvironment
  readonly #tabs: Tabs
  readonly #name: string

  constructor(options: SharedEventsOptions, tabs: Tabs) {
    const environment = options.environment ?? browserEnvironment()
    super(environment.report)
    this.#options = options
    this.#environment = environment
    this.#tabs = tabs
    const { sessionId, url = '', streams, lastEventId } = options
    this.#name = ['workflow-bolt', sessionId, url, ...streams.toSorted()].join(' ')
    this.#cursor = lastEventId
    this.#life.abort()
  }

  override open(): void {
    if (!this.#life.signal.aborted) return
    const { sessionId } = this.#options
    this.#life = new AbortController()
    this.#isStranger = true
    this.become({ kind: 'connecting', attempt: 0 })
    const all = this.#tabs.channel(sessions, (current) => current !== sessionId && this.#end('session-ended'))
    const mine = this.#tabs.channel(this.#name, (message) => {
      if (message !== hello) this.#hear(message as Tidings)
      else if (this.#own) this.#share({ state: this.state, isWelcome: true })
    })
    this.#channels = [mine, all]
    all.post(sessionId)
    mine.post(hello)
    void this.#stand(this.#life.signal)
  }

  override close(): void {
    this.#end('closed')
  }

  /** Stands for the lead as long as it lives. */
  async #stand(life: AbortSignal): Promise<void> {
    let takeOver = false
    while (!life.aborted) {
      const impatience = new AbortController()
      const signal = AbortSignal.any([life, impatience.signal])
      const options = { takeOver, signal }
      this.#watchLeader(signal, () => {
        takeOver = true
        impatience.abort()
      })
      takeOver = false
      await this.#tabs.lead(this.#name, options, (lost) => this.#lead(AbortSignal.any([life, lost])))
      if (takeOver) continue
      // Who gave the lead up, or slept so soundly that it was taken away, stands again when somebody looks.
      impatience.abort()
      while (!life.aborted && !this.#environment.isVisible()) {
        await untilChange(this.#environment, undefined, life)
      }
    }
  }

  #lead(until: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#cursor ??= ''
      this.#isStranger = false
      const own = new EventConnection({ ...this.#options, lastEventId: this.#cursor })
      const leave = (): void => {
        own.close()
        if (this.#own === own) this.#own = undefined
        resolve()
      }
      if (until.aborted) return leave()
      until.addEventListener('abort', leave, { once: true })
      this.#own = own
      own.onEvent((event) => this.#share({ event }))
      own.onResync((gap) => this.#share({ gap }))
      own.onHeard(() => {
        if (!this.#hasSpoken || own.lastEventId !== this.#cursor) this.#share({})
        this.#hasSpoken = false
      })
      own.onState((state) => {
        if (until.aborted || (state.kind === 'ended' && state.reason === 'closed')) return
        this.#share({ state })
        // A tab that nobody looks at leaves the trying to one that is seen.
        if (state.kind === 'waiting' && state.reason === 'hidden') leave()
      })
      own.open()
    })
  }

  /** Calls back when the leader holds the lock and says nothing: it hangs. Its heartbeats alone would be heard. */
  #watchLeader(signal: AbortSignal, onSilent: () => void): void {
    const { random } = this.#environment
    // Spread, so that the others do not take the lead from one another.
    const ms = (this.#options.silenceMs ?? 45_000) * (1 + random())
    const check = (): void => {
      const isSilent = !this.#own && !this.#hasHeard && ['open', 'connecting'].includes(this.state.kind)
      this.#hasHeard = false
      if (isSilent) onSilent()
      else cancel = this.#environment.after(ms, check)
    }
    this.#hasHeard = true
    let cancel = this.#environment.after(ms, check)
    signal.addEventListener('abort', () => cancel(), { once: true })
  }

  #share(news: Omit<Tidings, 'before' | 'cursor'>): void {
    const cursor = this.#own?.lastEventId ?? ''
    const tidings: Tidings = { before: this.#cursor ?? '', cursor, ...news }
    this.#channels[0]?.post(tidings)
    this.#hasSpoken = true
    if (!news.isWelcome) this.#take(tidings)
  }

  #hear(tidings: Tidings): void {
    this.#hasHeard = true
    if (tidings.isWelcome && !this.#isStranger) return
    if (tidings.isWelcome) this.#isStranger = false
    // Else the last words of the leader before: this tab has a cursor of its own now.
    if (!this.#own || tidings.state?.kind === 'ended') this.#take(tidings)
    else if (tidings.event && this.#isNew(tidings.event)) this.tellEvent(tidings.event)
  }

  #take({ before, cursor, event, gap, state }: Tidings): void {
    const isKnown = event !== undefined && !this.#isNew(event)
    const isAhead = !this.#passed.add(before)
    const isMissing = this.#cursor !== undefined && this.#cursor !== before && !isAhead && !isKnown
    this.#cursor = cursor
    this.#passed.add(cursor)
    if (isMissing) this.tellGap('missed')
    if (gap) this.tellGap(gap)
    if (event && !isKnown) this.tellEvent(event)
    if (state?.kind === 'ended') this.#end(state.reason)
    else if (state) this.become(state)
  }

  #isNew({ stream, id }: EventEnvelope): boolean {
    return this.#heard.add(`${stream} ${id}`)
  }

  #end(reason: EndReason): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    for (const channel of this.#channels) channel.close()
    this.become({ kind: 'ended', reason })
  }
}
