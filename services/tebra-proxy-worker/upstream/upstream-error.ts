import { errorClasses, kindOf, type UpstreamErrorKind, type UpstreamFailure } from './error-classes.ts'

interface Facts {
  readonly operation: string
  /** A word of ours or a code of the platform (`HTTP 503`, `ConnectionRefused`); never text of the upstream. */
  readonly detail?: string | undefined
  /** The interval the vendor named when it refused a call. */
  readonly throttledMs?: number | undefined
  readonly retryAfterMs?: number | undefined
  /** Of a write that is known to have landed: the appointment to look at. */
  readonly appointmentId?: string | undefined
}

/** A failed call, classed by `reason` (see error-classes.ts). Without PHI, credentials or upstream text: safe to log. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly kind: UpstreamErrorKind
  readonly reason: UpstreamFailure
  readonly operation: string
  readonly countsAsFailure: boolean
  readonly throttledMs: number | undefined
  readonly retryAfterMs: number | undefined
  readonly appointmentId: string | undefined

  constructor(reason: UpstreamFailure, facts: Facts) {
    const { text, countsAsFailure } = errorClasses[reason]
    super(`${facts.operation}: ${text}${facts.detail === undefined ? '' : ` (${facts.detail})`}`)
    this.kind = kindOf(reason, facts.operation)
    this.reason = reason
    this.operation = facts.operation
    this.countsAsFailure = countsAsFailure
    this.throttledMs = facts.throttledMs
    this.retryAfterMs = facts.retryAfterMs
    this.appointmentId = facts.appointmentId
  }
}
