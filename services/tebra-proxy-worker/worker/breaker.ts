import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel'
import { UpstreamError } from '../upstream/upstream-error.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface Breaker {
  readonly state: BreakerState
  /** Runs the call; while the breaker is open it rejects at once with `UpstreamUnavailable` and calls nothing. */
  call<T>(run: () => Promise<T>): Promise<T>
  /** How many requests may be taken up beside `inFlight` now: all, one as a probe, or none. */
  room(inFlight: number, concurrency: number): number
}

/** The breaker is open: nothing was sent, so no attempt is spent. */
export class UpstreamUnavailable extends Error {
  override readonly name = 'UpstreamUnavailable'
}

/**
 * Opens after `failures` failed calls in a row and lets one probe through after `halfOpenAfterMs`. Only failures that
 * say the upstream is unwell count: throttling, refused credentials and bad requests do not (see error-classes.ts).
 */
export function createBreaker(options: {
  failures: number
  halfOpenAfterMs: number
  now: () => number
  onChange: (state: BreakerState) => void
}): Breaker {
  let openedAt = 0
  const policy = circuitBreaker(
    handleWhen((error) => error instanceof UpstreamError && error.countsAsFailure),
    { halfOpenAfter: options.halfOpenAfterMs, breaker: new ConsecutiveBreaker(options.failures) },
  )
  const state = (): BreakerState => {
    if (policy.state === CircuitState.Closed) return 'closed'
    return policy.state === CircuitState.HalfOpen ? 'half-open' : 'open'
  }
  policy.onStateChange((change) => {
    if (change === CircuitState.Open) openedAt = options.now()
    options.onChange(state())
  })
  const probeIsDue = () => options.now() - openedAt >= options.halfOpenAfterMs

  return {
    get state() {
      return state()
    },
    async call(run) {
      try {
        return await policy.execute(run)
      } catch (error) {
        if (isBrokenCircuitError(error))
          throw new UpstreamUnavailable('the circuit breaker is open', { cause: error })
        throw error
      }
    },
    room(inFlight, concurrency) {
      if (state() === 'closed') return Math.max(0, concurrency - inFlight)
      // A half-open cockatiel queues callers without bound and frees them all at once: one probe is let near it.
      return inFlight === 0 && (state() === 'half-open' || probeIsDue()) ? 1 : 0
    },
  }
}
