/** The only source of time: instants in milliseconds since 1970, and waiting. */
export type Clock = {
  now(): number
  /** Ends early, without an error, once `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A clock that a test or an operator may move; `reset` takes the shift back. */
export type ShiftedClock = Clock & { shift(offsetMs: number): void; reset(): void }

/** Adds a movable offset to another clock; waiting is left to that one. */
export const createShiftedClock = (base: Clock): ShiftedClock => {
  let offsetMs = 0
  return {
    now: () => base.now() + offsetMs,
    sleep: base.sleep,
    shift: (next) => {
      offsetMs = next
    },
    reset: () => {
      offsetMs = 0
    },
  }
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
    }),
}
