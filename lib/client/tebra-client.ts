import type { ActionName, ActionParams, ActionResult } from '#lib/contract/actions.ts'
import type { AnswerMeta, RequestRecord, SubmitAnswer } from '#lib/contract/requests.ts'
import { callService } from './call-service.ts'
import { browserEnvironment, type ClientEnvironment } from './client-environment.ts'
import { correlationIdOf } from './correlation-id.ts'
import { endOfRecord, type Progress, type RequestEnd } from './request-end.ts'
import type { Fetch } from './run-stream.ts'
import { type SubmitPolicy, type SubmitWishes, submitRequest } from './submit-request.ts'
import { asCallError, TebraCallError } from './tebra-call-error.ts'
import { wait } from './wait.ts'
import { type RequestEvents, watchRequest } from './watch-request.ts'

export interface TebraClientOptions {
  /** The stream the responses come by; it must carry `tebra:responses` and `tebra:status`. */
  readonly events: RequestEvents
  /** `user.id` of the person signed in: under anybody else's session nothing is asked, and the answer is `unauthenticated`. */
  readonly userId?: string
  /** Origin of the services; the page's own unless given. */
  readonly baseUrl?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: Fetch
  readonly environment?: ClientEnvironment
  /** Checks a result, e.g. `(action, data) => actions[action].result.parse(data)`; left out, the contract is trusted. */
  readonly parseResult?: (action: ActionName, data: unknown) => unknown
  readonly submitPolicy?: Partial<SubmitPolicy>
}

export interface SubmitOptions extends SubmitWishes {
  /** One key for one intention: repeat it to ask again, change it to do it again. */
  readonly idempotencyKey?: string
  readonly correlationId?: string
  readonly signal?: AbortSignal
  /** Whose intention it is; the client's own user unless given. */
  readonly userId?: string
}

export interface CallOptions extends SubmitWishes {
  readonly timeoutMs?: number
  readonly onProgress?: (progress: Progress) => void
  /** Gives up waiting; the request itself goes on. */
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

/** A result, and how it came about. */
export interface Answer<A extends ActionName> {
  readonly data: ActionResult<A>
  /** Where the data came from, how old it was then, and whether it stands in for a Tebra that is away; none for a write. */
  readonly meta: AnswerMeta | undefined
  readonly requestId: string
}

const patience = { triesMax: 4, tryTimeoutMs: 10_000, pauseMaxMs: 10_000 }
/** How long a submission waits for the stream, so that its first steps are heard too. */
const streamWaitMs = 2000
const lastReadMs = 5000

/** Asks Tebra through the proxy: `submit` hands a request in, `call` also waits for its result. */
export class TebraClient {
  readonly #options: TebraClientOptions
  readonly #environment: ClientEnvironment
  readonly #fetch: Fetch
  readonly #url: string

  constructor(options: TebraClientOptions) {
    this.#options = options
    this.#environment = options.environment ?? browserEnvironment()
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init))
    this.#url = `${options.baseUrl ?? ''}/tebra/requests`
  }

  /**
   * Hands a request in and returns as soon as it is stored; tries again through drops under one idempotency key.
   * @throws TebraCallError
   */
  async submit<A extends ActionName>(
    action: A,
    params: ActionParams<A>,
    options: SubmitOptions = {},
  ): Promise<SubmitAnswer> {
    const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID()
    const correlationId = options.correlationId ?? (await correlationIdOf(idempotencyKey))
    const headers = this.#headers(options.userId)
    const signal = options.signal ?? new AbortController().signal
    const keys = { correlationId, idempotencyKey }
    const submission = { ...options, ...keys, url: this.#url, action, params, headers, signal }
    try {
      const policy = { ...patience, ...this.#options.submitPolicy }
      return await submitRequest(submission, policy, this.#fetch, this.#environment)
    } catch (error) {
      throw asCallError(error)
    }
  }

  /**
   * The record of a request.
   * @param waitSeconds lets the service hold the answer until the request ends, 30 at most
   * @throws TebraCallError
   */
  async read(requestId: string, waitSeconds = 0, signal?: AbortSignal): Promise<RequestRecord> {
    try {
      return await this.#read(requestId, waitSeconds, signal)
    } catch (error) {
      throw asCallError(error, requestId)
    }
  }

  /**
   * Submits and waits for the result: `ask` without its circumstances.
   * @throws as `ask`
   */
  async call<A extends ActionName>(
    action: A,
    params: ActionParams<A>,
    options: CallOptions = {},
  ): Promise<ActionResult<A>> {
    return (await this.ask(action, params, options)).data
  }

  /**
   * Submits and waits for the result; a drop of the stream or of the answer in between costs time, not the result.
   * @param options.timeoutMs from now, 30 s unless given; the record has the last word before `timeout` is thrown
   * @throws TebraCallError; the signal's reason when it aborts
   */
  async ask<A extends ActionName>(
    action: A,
    params: ActionParams<A>,
    options: CallOptions = {},
  ): Promise<Answer<A>> {
    options.signal?.throwIfAborted()
    const idempotencyKey = options.idempotencyKey ?? crypto.randomUUID()
    const correlationId = await correlationIdOf(idempotencyKey)
    const over = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal
    const cancelTimeout = this.#environment.after(options.timeoutMs ?? 30_000, () => over.abort())
    await streamReady(this.#options.events, this.#environment, signal)
    const watch = watchRequest({
      correlationId,
      events: this.#options.events,
      environment: this.#environment,
      onProgress: (progress) => options.onProgress?.(progress),
      read: (requestId, waitSeconds, stop) => this.#read(requestId, waitSeconds, stop, true),
    })
    try {
      const submitted = this.submit(action, params, { ...options, idempotencyKey, correlationId, signal })
      const ended = submitted.then(({ id }) => {
        watch.accepted(id)
        // The work of an earlier call with this key may have ended before this one listened.
        if (options.idempotencyKey !== undefined) watch.check()
        return watch.end
      })
      return this.#answerOf(action, await Promise.race([ended, watch.end, aborted(signal)]))
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!over.signal.aborted) throw asCallError(error, watch.requestId)
      return this.#answerOf(action, await this.#lastWord(watch.requestId))
    } finally {
      cancelTimeout()
      watch.stop()
      over.abort()
    }
  }

  async #lastWord(requestId: string | undefined): Promise<RequestEnd> {
    const late = 'There is no result yet; the request may still be on its way'
    if (requestId === undefined) throw new TebraCallError('timeout', late)
    const stop = new AbortController()
    const cancel = this.#environment.after(lastReadMs, () => stop.abort())
    try {
      const record = await this.#read(requestId, 0, stop.signal, true)
      const end = endOfRecord(record)
      if (end) return end
      throw new TebraCallError('timeout', late, { requestId, status: record.status })
    } catch (error) {
      if (error instanceof TebraCallError) throw error
      throw new TebraCallError('timeout', late, { requestId, cause: error })
    } finally {
      cancel()
    }
  }

  #read(
    requestId: string,
    waitSeconds: number,
    signal?: AbortSignal,
    background = false,
  ): Promise<RequestRecord> {
    const headers = { ...this.#headers(), ...(background && { 'x-background': '1' }) }
    const query = waitSeconds > 0 ? `?wait=${waitSeconds}` : ''
    const url = `${this.#url}/${encodeURIComponent(requestId)}${query}`
    return callService(this.#fetch, url, { headers, signal })
  }

  #headers(userId = this.#options.userId): Readonly<Record<string, string>> {
    return { ...this.#options.headers, ...(userId !== undefined && { 'x-user': userId }) }
  }

  #answerOf<A extends ActionName>(action: A, end: RequestEnd): Answer<A> {
    const { requestId, status, meta, error } = end
    if (status !== 'success') {
      const { code = status, message = `The request ended as ${status}`, retryable = false } = error ?? {}
      throw new TebraCallError(code, message, { retryable, requestId, status })
    }
    try {
      const data = (this.#options.parseResult?.(action, end.data) ?? end.data) as ActionResult<A>
      return { data, meta, requestId }
    } catch (cause) {
      const text = 'The result does not have the promised form'
      throw new TebraCallError('invalid-result', text, { requestId, status, cause })
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Resolves when the stream is live, or does not become so in time: then the record is asked instead. */
async function streamReady(
  events: RequestEvents,
  environment: ClientEnvironment,
  signal: AbortSignal,
): Promise<void> {
  const isComing = () =>
    events.state.kind === 'connecting' || (events.state.kind === 'open' && !events.state.isReady)
  if (!isComing()) return
  await wait(environment, streamWaitMs, signal, (wake) => events.onState(() => isComing() || wake()))
}
