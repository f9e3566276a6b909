/** How many calls one process may have under way while an upstream that has just recovered is not yet trusted. */
export interface Ramp {
  readonly limit: number
  wentWell(): void
  failed(): void
}

/**
 * 1, 2, 4, …: the limit doubles with each round of as many good calls as it admits, without a failure in between.
 * It holds for one process, so a fleet of N begins with N calls; the limiter spaces those of one account anyway.
 */
export function createRamp(): Ramp {
  let limit = 1
  let left = 1
  return {
    get limit() {
      return limit
    },
    wentWell() {
      left -= 1
      if (left > 0) return
      limit *= 2
      left = limit
    },
    failed() {
      left = limit
    },
  }
}

/** Of a process that has seen no trouble yet. */
export const fullSpeed: Ramp = { limit: Number.POSITIVE_INFINITY, wentWell() {}, failed() {} }
