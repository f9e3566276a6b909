import type { Problem } from '#lib/contract/problem.ts'
import { retryAfterMs } from './back-off.ts'
import type { Fetch } from './run-stream.ts'
import { ServiceError } from './service-error.ts'

export interface ServiceCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
  readonly onAnswer?: ((answer: Response) => void) | undefined
}

/**
 * Asks one of the services and returns its JSON (undefined for 204). The answer's shape is the contract's and trusted.
 * @throws ServiceError for every answer but 2xx and when there is none; the signal's own reason when it aborts
 */
export async function callService<T>(send: Fetch, url: string, call: ServiceCall = {}): Promise<T> {
  const headers: Record<string, string> = { ...call.headers, accept: 'application/json' }
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  try {
    const answer = await send(url, {
      method: call.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      ...(call.signal && { signal: call.signal }),
    })
    call.onAnswer?.(answer)
    // A body cut half-way rejects here, and is a network failure like any other.
    const text = await answer.text()
    if (!answer.ok) throw refusal(answer, text)
    return (answer.status === 204 ? undefined : parse(text, answer.status)) as T
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    call.signal?.throwIfAborted()
    throw new ServiceError('network', 'The service could not be reached', { cause })
  }
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ServiceError('unexpected-answer', 'The answer is not JSON', { status, cause })
  }
}

function refusal(answer: Response, text: string): ServiceError {
  const { status, headers } = answer
  const facts = { status, retryAfterMs: retryAfterMs(headers, Date.now()) }
  if (headers.get('content-type')?.startsWith('application/problem+json') === true) {
    const problem = parse(text, status) as Problem
    return new ServiceError(problem.code, problem.title, { ...facts, problem })
  }
  return new ServiceError('unexpected-answer', `The service answered ${status}`, facts)
}
