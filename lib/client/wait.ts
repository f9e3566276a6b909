import type { ClientEnvironment } from './client-environment.ts'

/**
 * Waits for the time, the signal, or whatever `listen` hears; never rejects and leaves nothing behind.
 * @param ms undefined: no time ends it
 * @param listen is handed the way to end the wait, and returns the way to stop listening
 */
export function wait(
  environment: ClientEnvironment,
  ms: number | undefined,
  signal: AbortSignal,
  listen?: (wake: () => void) => () => void,
): Promise<'due' | 'woken'> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve('woken')
    const wake = (): void => done('woken')
    const cancel = ms === undefined ? undefined : environment.after(ms, () => done('due'))
    const stop = listen?.(wake)
    signal.addEventListener('abort', wake)
    function done(outcome: 'due' | 'woken'): void {
      cancel?.()
      stop?.()
      signal.removeEventListener('abort', wake)
      resolve(outcome)
    }
  })
}

/** Waits for an instant, in ms since 1970, or a change of network or visibility. */
export const untilChange = (environment: ClientEnvironment, at: number | undefined, signal: AbortSignal) =>
  wait(environment, at === undefined ? undefined : at - environment.now(), signal, (wake) =>
    environment.onChange(wake),
  )
