/** What the client asks of its surroundings, as parameters, so that a test moves them. */
export interface ClientEnvironment {
  isOnline(): boolean
  isVisible(): boolean
  /** Calls back when either of the two may have changed; returns the way to stop. */
  onChange(listener: () => void): () => void
  now(): number
  /** Calls back once; returns the way to cancel. */
  after(ms: number, callback: () => void): () => void
  /** In [0, 1). */
  random(): number
  /** Takes the error of a listener, which must not end the stream for the others. */
  report(error: unknown): void
}

/** The page's own clock, network and visibility; outside a page (a worker, a program) always online and visible. */
export function browserEnvironment(): ClientEnvironment {
  const page = typeof document === 'undefined' ? undefined : document
  return {
    isOnline: () => globalThis.navigator?.onLine !== false,
    isVisible: () => page?.visibilityState !== 'hidden',
    onChange(listener) {
      if (page === undefined) return () => undefined
      const stop = new AbortController()
      for (const name of ['online', 'offline', 'pageshow']) {
        window.addEventListener(name, listener, { signal: stop.signal })
      }
      page.addEventListener('visibilitychange', listener, { signal: stop.signal })
      return () => stop.abort()
    },
    now: () => Date.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    random: () => Math.random(),
    report: (error) => reportError(error),
  }
}
