export type BreakerState = 'closed' | 'open' | 'half-open'

export type Run<T> = (isProbe: boolean) => Promise<T>

/** What keeps calls from an upstream that is unwell; see fleet-breaker.ts and local-breaker.ts. */
export interface Breaker {
  readonly state: BreakerState
  /**
   * Runs the call, telling it whether it is the probe that finds out if the upstream is back; while the breaker is open
   * it rejects at once with `UpstreamUnavailable` and calls nothing.
   */
  call<T>(run: Run<T>): Promise<T>
  /** How many requests may be taken up beside `inFlight` now: all, one as a probe, or none. */
  room(inFlight: number, concurrency: number): number
}

/** The breaker is open: nothing was sent, so no attempt is spent. */
export class UpstreamUnavailable extends Error {
  override readonly name = 'UpstreamUnavailable'
}
