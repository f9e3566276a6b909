/** Bounds of the waiting time between tries, in ms. */
export interface BackOff {
  readonly baseMs: number
  readonly capMs: number
}

/**
 * Full jitter: uniform in [0, min(cap, base · 2^attempt)), which spreads a crowd that lost its server at one moment best
 * (Brooker, "Exponential Backoff And Jitter", 2015). `attempt` counts from 0.
 */
export function fullJitter(backOff: BackOff, attempt: number, random: () => number): number {
  return random() * Math.min(backOff.capMs, backOff.baseMs * 2 ** Math.min(attempt, 30))
}

/** Reads `Retry-After` (RFC 9110, 10.2.3: seconds or an HTTP date) into ms from now; undefined where absent or unreadable. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
