import type { AnswerMeta, RequestError } from '#lib/contract/requests.ts'
import { AccountStopped } from '../accounts/account-stops.ts'
import { UpstreamUnavailable } from '../breaker/breaker.ts'
import type { Unsettled } from '../queue/claimed-request.ts'
import { errorClasses } from '../upstream/error-classes.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'

/** How an attempt came out. A retry that did not reach the upstream burns no attempt. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: unknown; readonly meta?: AnswerMeta }
  | { readonly kind: 'failed'; readonly status: 'error' | 'dead' | 'uncertain'; readonly error: RequestError }
  | {
      readonly kind: 'retry'
      readonly delayMs: number
      readonly reason: string
      readonly burned: boolean
      /** A write may have landed, and the upstream could not be asked yet, or shows nothing so far. */
      readonly unsettled?: Unsettled
    }
  /** The account's credentials are refused: it waits in its practice's line, unsettled as for a retry. */
  | { readonly kind: 'held'; readonly unsettled?: true }
  /** Somebody else has it now, or it has ended: nothing is written. */
  | { readonly kind: 'dropped' }

/** Whether a write that failed like this may stand in the upstream all the same. */
export const mayHaveLanded = (failure: unknown): boolean =>
  failure instanceof UpstreamError
    ? errorClasses[failure.reason].mayHaveLanded
    : !(failure instanceof UpstreamUnavailable)

/** Whether a failure of a read says that the upstream cannot answer for now. */
export const isAway = (failure: unknown): boolean =>
  failure instanceof UpstreamUnavailable ||
  (failure instanceof UpstreamError && (failure.kind === 'transient' || failure.kind === 'malformed'))

/**
 * Whether a failed probe says nothing of the request itself: for as long as the upstream is away, its probes must not
 * use up the attempts of those who happen to make them. A fault may be the request's own doing, and counts.
 */
export const isOutage = (failure: unknown): boolean =>
  failure instanceof UpstreamError &&
  failure.kind === 'transient' &&
  ['connect-failed', 'connection-lost', 'timed-out', 'server-error'].includes(failure.reason)

/** Whether the upstream does not let the account in, or was not asked because it does not. */
export const isRefused = (failure: unknown): boolean =>
  failure instanceof AccountStopped ||
  (failure instanceof UpstreamError && failure.reason === 'wrong-credentials')

const backoffBaseMs = 500
const backoffMaxMs = 60_000

/** Exponential back-off with full jitter: anywhere between 0 and the doubled base, at most a minute. In ms. */
export const backoffMs = (attempt: number, random: () => number): number =>
  random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** attempt)

/**
 * What a failure of attempt number `attempt` means. `unclear` is not decided here: a write that may have landed is
 * first reconciled. Errors that are no upstream's (Redis, our own) are thrown on.
 */
export function outcomeOf(
  failure: unknown,
  at: { attempt: number; attemptsMax: number; breakerWaitMs: number; random: () => number },
): Outcome {
  if (failure instanceof UpstreamUnavailable)
    return { kind: 'retry', delayMs: at.breakerWaitMs, reason: 'upstream-unavailable', burned: false }
  if (isRefused(failure)) return { kind: 'held' }
  if (!(failure instanceof UpstreamError)) throw failure
  const error = (retryable: boolean): RequestError => ({
    code: failure.reason,
    message: failure.message,
    retryable,
  })

  switch (failure.kind) {
    case 'throttled':
      return { kind: 'retry', delayMs: failure.throttledMs ?? 1_000, reason: 'throttled', burned: false }
    case 'permanent':
      return { kind: 'failed', status: 'error', error: error(false) }
    case 'authentication':
      // Kept for an operator: it succeeds once the account exists, or may do this.
      return { kind: 'failed', status: 'dead', error: error(true) }
    case 'unclear':
      return { kind: 'failed', status: 'uncertain', error: error(false) }
    case 'transient':
    case 'malformed':
      if (at.attempt >= at.attemptsMax) return { kind: 'failed', status: 'dead', error: error(true) }
      return {
        kind: 'retry',
        delayMs: failure.retryAfterMs ?? backoffMs(at.attempt, at.random),
        reason: failure.reason,
        burned: true,
      }
  }
}
