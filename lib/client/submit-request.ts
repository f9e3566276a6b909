import type { ActionName, ActionParams } from '#lib/contract/actions.ts'
import type { CacheMode, SubmitAnswer, SubmitRequest } from '#lib/contract/requests.ts'
import { fullJitter } from './back-off.ts'
import { callService } from './call-service.ts'
import type { ClientEnvironment } from './client-environment.ts'
import type { Fetch } from './run-stream.ts'
import { ServiceError } from './service-error.ts'
import { wait } from './wait.ts'

/** How a submission is to be treated. */
export interface SubmitWishes {
  /** How old the answer to a read may be; `fresh` unless given. */
  readonly cache?: CacheMode | undefined
  /** `bulk` waits while the practice has interactive requests. */
  readonly priority?: SubmitRequest['priority'] | undefined
  /** Nobody is at it: the idle time-out runs on. */
  readonly background?: boolean | undefined
}

export interface Submission<A extends ActionName> extends SubmitWishes {
  readonly url: string
  readonly action: A
  readonly params: ActionParams<A>
  readonly correlationId: string
  readonly idempotencyKey: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface SubmitPolicy {
  readonly triesMax: number
  /** A try without an answer for so long counts as lost. */
  readonly tryTimeoutMs: number
  /** A server that asks for a longer pause is answered by giving up, so that a person can decide. */
  readonly pauseMaxMs: number
}

const backOff = { baseMs: 250, capMs: 4000 }

/** Whether another try may help: no answer at all, or a server or gateway that cannot just now. */
const mayPass = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && (error.status === undefined || [502, 503, 504].includes(error.status))

/**
 * Submits until it is answered: an answer that was lost is asked for again under the same Idempotency-Key, which the service
 * answers without doing the work twice.
 * @throws ServiceError once the tries are used up or the refusal is final; the signal's reason when it aborts
 */
export async function submitRequest<A extends ActionName>(
  submission: Submission<A>,
  policy: SubmitPolicy,
  send: Fetch,
  environment: ClientEnvironment,
): Promise<SubmitAnswer> {
  const { url, action, params, correlationId, idempotencyKey, cache, priority, signal } = submission
  const headers: Record<string, string> = { ...submission.headers, 'idempotency-key': idempotencyKey }
  if (submission.background) headers['x-background'] = '1'
  for (let attempt = 0; ; attempt++) {
    const lost = new AbortController()
    const cancel = environment.after(policy.tryTimeoutMs, () =>
      lost.abort(new ServiceError('network', 'The service did not answer in time')),
    )
    try {
      return await callService<SubmitAnswer>(send, url, {
        method: 'POST',
        headers,
        // What is left out stays out of the JSON, so that one key always makes one body.
        body: { action, params, correlationId, cache, priority },
        signal: AbortSignal.any([signal, lost.signal]),
      })
    } catch (error) {
      const pauseMs =
        (mayPass(error) ? (error.retryAfterMs ?? 0) : 0) + fullJitter(backOff, attempt, environment.random)
      if (!mayPass(error) || attempt + 1 >= policy.triesMax || pauseMs > policy.pauseMaxMs) throw error
      await wait(environment, pauseMs, signal)
      signal.throwIfAborted()
    } finally {
      cancel()
    }
  }
}
