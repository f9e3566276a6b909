import type { ActionName, ActionParams } from '#lib/contract/actions.ts'
import type { SubmitAnswer } from '#lib/contract/requests.ts'
import type { AuthClient } from './auth-client.ts'
import { fullJitter } from './back-off.ts'
import { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
import { createListeners } from './listeners.ts'
import type { OutboxEntry, OutboxOutcome, OutboxStorage } from './outbox-entry.ts'
import { createStoredEntries } from './stored-entries.ts'
import type { SubmitWishes } from './submit-request.ts'
import { asCallError, TebraCallError } from './tebra-call-error.ts'
import type { TebraClient } from './tebra-client.ts'
import { untilChange } from './wait.ts'

export interface OutboxOptions {
  readonly client: Pick<TebraClient, 'submit'>
  /** Asked who is signed in before anything goes out that had to wait. */
  readonly auth: Pick<AuthClient, 'session'>
  /** `user.id` of the person signed in. */
  readonly owner: string
  /** Left out, what waits is in memory only and is lost with the page. */
  readonly storage?: OutboxStorage
  readonly environment?: ClientEnvironment
  readonly entriesMax?: number
  /** What could not go out for so long is given up; well below the seven days the service remembers a key. */
  readonly ageMaxMs?: number
}

const backOff = { baseMs: 1000, capMs: 30_000 }
const offlineProbeMs = 30_000

/**
 * Submissions that may wait for the network: they go out one by one, in order, each under its own idempotency key, so that one
 * whose answer was lost is not done twice. A refusal concerns its entry only; a missing session holds all until `flush`.
 */
export class Outbox {
  #entries: readonly OutboxEntry[] = []
  #life = new AbortController()
  #isWorking = false
  /** The key that is being sent, and how to stop that. */
  #sending: { readonly key: string; readonly stop: AbortController } | undefined
  readonly #options: OutboxOptions
  readonly #environment: ClientEnvironment
  /** Keys of entries that were held up: whose session it is by now must be asked. */
  readonly #heldUp = new Set<string>()
  readonly #changes
  readonly #outcomes
  readonly #stored

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#environment = options.environment ?? browserEnvironment()
    this.#changes = createListeners<void>(this.#environment.report)
    this.#outcomes = createListeners<OutboxOutcome>(this.#environment.report)
    this.#stored = createStoredEntries(options.storage, this.#environment.report)
  }

  /** What has not gone out yet, oldest first; a new array at each change. */
  get entries(): readonly OutboxEntry[] {
    return this.#entries
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener)
  }

  /** Hears how each entry ended, also of those whose page is gone. */
  onOutcome(listener: (outcome: OutboxOutcome) => void): () => void {
    return this.#outcomes.add(listener)
  }

  /** Takes up what an earlier page of this user left in the storage, and sends. */
  async open(): Promise<void> {
    if (this.#life.signal.aborted) this.#life = new AbortController()
    const stored = await this.#stored.load()
    const { owner } = this.#options
    for (const entry of stored) {
      if (entry.owner !== owner && this.#isExpired(entry)) await this.#stored.remove(entry.idempotencyKey)
    }
    const left = stored.filter((entry) => entry.owner === owner && !this.#find(entry.idempotencyKey))
    this.#change([...left, ...this.#entries].toSorted((a, b) => a.addedAt - b.addedAt))
    this.#holdUp()
    this.flush()
  }

  /** Stops sending. What waits stays in the storage; without one it is lost with this object. */
  close(): void {
    this.#life.abort()
  }

  /**
   * Submits as soon as it can be.
   * @returns the answer of the service, however late
   * @throws TebraCallError, also with `outbox-full`, `expired`, `withdrawn`, or `elsewhere` where another tab dealt with it
   */
  async submit<A extends ActionName>(
    action: A,
    params: ActionParams<A>,
    options: SubmitWishes & { readonly idempotencyKey?: string } = {},
  ): Promise<SubmitAnswer> {
    const { owner, entriesMax = 50 } = this.#options
    const { idempotencyKey = crypto.randomUUID(), cache, priority } = options
    if (this.#entries.length >= entriesMax) {
      throw new TebraCallError('outbox-full', `${entriesMax} submissions are waiting already`, {
        retryable: true,
      })
    }
    const outcome = this.#outcomeOf(idempotencyKey)
    if (!this.#find(idempotencyKey)) {
      // No two alike, so that the order outlives a reload.
      const addedAt = Math.max(this.#environment.now(), (this.#entries.at(-1)?.addedAt ?? 0) + 1)
      const asked = { action, params, cache, priority } as Pick<OutboxEntry, 'action' | 'params'>
      const entry = { ...asked, owner, idempotencyKey, addedAt, wasTried: false }
      this.#change([...this.#entries, entry])
      await this.#stored.put(entry)
    }
    this.flush()
    const { answer, error } = await outcome
    if (answer) return answer
    throw error
  }

  /**
   * Takes an entry back.
   * @returns whether that is certain: false where a try had begun and the service may have it, or there is no such entry
   */
  withdraw(idempotencyKey: string): boolean {
    const entry = this.#find(idempotencyKey)
    if (!entry) return false
    this.#settle(entry, failure('withdrawn', 'The submission was taken back before it was answered'))
    return !entry.wasTried
  }

  /** Takes everything back, for instance before signing out. */
  clear(): void {
    for (const { idempotencyKey } of this.#entries) this.withdraw(idempotencyKey)
  }

  /** Tries now: after a sign-in, or because somebody asked. */
  flush(): void {
    if (this.#isWorking) return
    this.#isWorking = true
    const { signal } = this.#life
    void this.#work(signal).finally(() => {
      this.#isWorking = false
      // Closed and opened again meanwhile.
      if (signal !== this.#life.signal) this.flush()
    })
  }

  async #work(life: AbortSignal): Promise<void> {
    let failures = 0
    for (;;) {
      const entry = this.#entries[0]
      if (entry === undefined || life.aborted) return
      if (this.#isExpired(entry)) {
        this.#settle(entry, failure('expired', 'The submission could not be sent for too long'))
        continue
      }
      const next = await this.#trySend(entry, this.#heldUp.has(entry.idempotencyKey), life)
      if (next !== 'next') this.#holdUp()
      if (next === 'hold') return
      failures = next === 'wait' ? failures + 1 : 0
      if (next !== 'wait') continue
      const pauseMs = this.#environment.isOnline()
        ? fullJitter(backOff, failures, this.#environment.random)
        : offlineProbeMs
      const at = Math.min(this.#environment.now() + pauseMs, this.#expiresAt(entry))
      await untilChange(this.#environment, at, life)
    }
  }

  async #trySend(
    entry: OutboxEntry,
    wasHeldUp: boolean,
    life: AbortSignal,
  ): Promise<'next' | 'wait' | 'hold'> {
    const { auth, client, owner } = this.#options
    const { idempotencyKey, action, params, cache, priority } = entry
    if (!wasHeldUp && !this.#environment.isOnline()) return 'wait'
    const stop = new AbortController()
    const signal = AbortSignal.any([life, stop.signal])
    try {
      if (wasHeldUp) {
        const session = await auth.session({ background: true })
        if (session?.user.id !== owner) return 'hold'
        if (await this.#stored.isGone(idempotencyKey)) {
          this.#settle(entry, failure('elsewhere', 'Another tab has sent the submission, or taken it back'))
          return 'next'
        }
      }
      // Withdrawn while the question was on its way.
      if (this.#entries[0] !== entry || life.aborted) return 'next'
      const tried = { ...entry, wasTried: true }
      this.#change([tried, ...this.#entries.slice(1)])
      this.#sending = { key: idempotencyKey, stop }
      await this.#stored.put(tried)
      const wishes = { cache, priority, background: wasHeldUp }
      const answer = await client.submit(action, params, { ...wishes, idempotencyKey, signal, userId: owner })
      this.#settle(tried, { answer })
      return 'next'
    } catch (cause) {
      if (signal.aborted) return 'next'
      const error = asCallError(cause)
      if (error instanceof TebraCallError && error.retryable) return 'wait'
      if (error instanceof TebraCallError && error.httpStatus === 401) return 'hold'
      const fault = new TebraCallError('internal', 'Something went wrong in this page', { cause })
      this.#settle(entry, { error: error instanceof TebraCallError ? error : fault })
      return 'next'
    } finally {
      this.#sending = undefined
    }
  }

  #settle(entry: OutboxEntry, end: Omit<OutboxOutcome, 'entry'>): void {
    const { idempotencyKey: key } = entry
    if (!this.#find(key)) return
    if (this.#sending?.key === key) this.#sending.stop.abort()
    void this.#stored.remove(key)
    this.#heldUp.delete(key)
    this.#change(this.#entries.filter(({ idempotencyKey }) => idempotencyKey !== key))
    this.#outcomes.tell({ entry, ...end })
  }

  #change(entries: readonly OutboxEntry[]): void {
    this.#entries = entries
    this.#changes.tell()
  }

  #find(key: string): OutboxEntry | undefined {
    return this.#entries.find(({ idempotencyKey }) => idempotencyKey === key)
  }

  #holdUp(): void {
    for (const { idempotencyKey } of this.#entries) this.#heldUp.add(idempotencyKey)
  }

  #outcomeOf(key: string): Promise<OutboxOutcome> {
    return new Promise((resolve) => {
      const stop = this.onOutcome((outcome) => {
        if (outcome.entry.idempotencyKey !== key) return
        stop()
        resolve(outcome)
      })
    })
  }

  #expiresAt({ addedAt }: OutboxEntry): number {
    return addedAt + (this.#options.ageMaxMs ?? 86_400_000)
  }

  #isExpired(entry: OutboxEntry): boolean {
    return this.#environment.now() >= this.#expiresAt(entry)
  }
}

const failure = (code: string, message: string) => ({ error: new TebraCallError(code, message) })
