export type UpstreamErrorKind =
  | 'transient'
  | 'throttled'
  | 'permanent'
  | 'authentication'
  | 'malformed'
  | 'unclear'

interface ErrorClass {
  readonly kind: Exclude<UpstreamErrorKind, 'unclear'>
  /** Whether it says that the upstream is unwell, and so moves the circuit breaker. */
  readonly countsAsFailure: boolean
  /** Whether a write may have been applied all the same. */
  readonly mayHaveLanded: boolean
  /** The whole of what a log may say: no upstream text, patient or credential is ever part of it. */
  readonly text: string
}

const of = (
  kind: ErrorClass['kind'],
  countsAsFailure: boolean,
  mayHaveLanded: boolean,
  text: string,
): ErrorClass => ({ kind, countsAsFailure, mayHaveLanded, text })

const [counts, lands] = [true, true]

/** Every way a call can fail. An InternalServiceFault is often our own malformed request (observed live), so it is retried. */
export const errorClasses = {
  'connect-failed': of('transient', counts, !lands, 'no connection could be made'),
  'connection-lost': of('transient', counts, lands, 'the connection was lost'),
  'timed-out': of('transient', counts, lands, 'no complete answer in time'),
  'server-error': of('transient', counts, lands, 'the server failed without a reason'),
  'internal-service-fault': of('transient', counts, !lands, 'internal service fault'),
  'unknown-fault': of('transient', counts, lands, 'a fault of an unknown kind'),
  'cancelled-before-sending': of('transient', !counts, !lands, 'cancelled before it was sent'),
  cancelled: of('transient', !counts, lands, 'cancelled while waiting for the answer'),
  throttled: of('throttled', !counts, !lands, 'called more often than allowed'),
  'wrong-credentials': of('authentication', !counts, !lands, 'the credentials were refused'),
  'not-authorized': of('authentication', !counts, !lands, 'the account lacks a permission'),
  'no-credentials': of('authentication', !counts, !lands, 'no credentials for this practice'),
  'malformed-answer': of('malformed', counts, lands, 'the answer cannot be read'),
  'answer-too-large': of('malformed', !counts, lands, 'the answer exceeds the limit'),
  'not-read-back': of('transient', !counts, lands, 'written, but not read back'),
  'operation-not-supported': of('permanent', !counts, !lands, 'the upstream does not know the operation'),
  'deserialization-failed': of('permanent', !counts, !lands, 'the upstream could not read the request'),
  'request-refused': of('permanent', !counts, !lands, 'the upstream refused the request'),
  'upstream-misconfigured': of('permanent', counts, !lands, 'the upstream is not configured'),
  'not-found': of('permanent', !counts, !lands, 'no such record'),
  'wrong-patient': of('permanent', !counts, !lands, 'the answer is about another patient'),
  'wrong-appointment': of('permanent', !counts, lands, 'the answer is about another appointment'),
  'ends-before-start': of('permanent', !counts, !lands, 'the appointment would end before it starts'),
  'series-not-supported': of('permanent', !counts, !lands, 'a recurring or group appointment is not changed'),
  'practice-not-chosen': of('permanent', !counts, !lands, 'the practice cannot be told from the account'),
  'read-only-upstream': of('permanent', !counts, !lands, 'this form of the upstream only reads'),
  'not-offered-by-php': of('permanent', !counts, !lands, 'the PHP form does not offer this action'),
} as const satisfies Record<string, ErrorClass>

export type UpstreamFailure = keyof typeof errorClasses

/** Sent twice they do it twice; Tebra knows no idempotency key. A status set twice is the same status. */
const nonIdempotentOperations: ReadonlySet<string> = new Set(['CreateAppointment', 'UpdateAppointment'])

export const isIdempotent = (operation: string): boolean => !nonIdempotentOperations.has(operation)

/** The class of a failure; of a write that may have landed, all that can be said is `unclear`. */
export function kindOf(reason: UpstreamFailure, operation: string): UpstreamErrorKind {
  const { kind, mayHaveLanded } = errorClasses[reason]
  return mayHaveLanded && !isIdempotent(operation) ? 'unclear' : kind
}
