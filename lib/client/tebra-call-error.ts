import type { RequestStatus } from '#lib/contract/requests.ts'
import { ServiceError } from './service-error.ts'

/** Why a call has no result. */
export class TebraCallError extends Error {
  override readonly name = 'TebraCallError'
  /** The upstream's or the request's error code, a problem code, or `timeout`, `network`, `invalid-result`. */
  readonly code: string
  /** Whether trying again, with the same idempotency key, may help. */
  readonly retryable: boolean
  /** Set as soon as the request is known to have been accepted. */
  readonly requestId: string | undefined
  /** Where the request stood last, as far as is known; after a time-out it may still go on. */
  readonly status: RequestStatus | undefined
  /** HTTP status, where a service refused. */
  readonly httpStatus: number | undefined

  constructor(
    code: string,
    message: string,
    facts: {
      retryable?: boolean
      requestId?: string | undefined
      status?: RequestStatus | undefined
      httpStatus?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: facts.cause })
    this.code = code
    this.retryable = facts.retryable ?? false
    this.requestId = facts.requestId
    this.status = facts.status
    this.httpStatus = facts.httpStatus
  }
}

/** Names any failure as a call's; what is not a service's answer (an abort, a fault of ours) stays what it is. */
export function asCallError(error: unknown, requestId?: string): unknown {
  if (!(error instanceof ServiceError)) return error
  const { code, message, status: httpStatus } = error
  return new TebraCallError(code, message, {
    retryable: httpStatus === undefined || httpStatus === 429 || httpStatus >= 500,
    requestId,
    httpStatus,
    cause: error,
  })
}
