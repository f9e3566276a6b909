/** Something another server holds and changes now and then: its metadata, its keys. */
export interface RemoteValue<T> {
  /** What was loaded last while it is fresh, else what is loaded now. */
  get(): Promise<T>
  /** Loads anew where the last try is long enough ago, else answers what is there. */
  renew(): Promise<T>
}

export interface RemoteValueOptions<T> {
  readonly load: () => Promise<T>
  /** How long a value may be used, in ms; then it has to be loaded again or nothing is answered. */
  readonly freshMs: number
  /** The shortest time between two loads, in ms, whether they succeeded or not. */
  readonly intervalMs: number
  readonly now: () => number
}

export class RemoteUnavailable extends Error {
  override readonly name = 'RemoteUnavailable'
}

/**
 * However many ask, and whatever they ask for, the other server gets at most one request per interval, one at a time.
 * Throws `RemoteUnavailable` where there is no fresh value and none can be had.
 */
export function createRemoteValue<T>(options: RemoteValueOptions<T>): RemoteValue<T> {
  const { load, freshMs, intervalMs, now } = options
  let held: { readonly value: T; readonly at: number } | undefined
  let triedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined
  let failure: unknown

  const tryLoad = (): Promise<void> => {
    if (loading !== undefined) return loading
    if (now() - triedAt < intervalMs) return Promise.resolve()
    triedAt = now()
    loading = load()
      .then(
        (value) => {
          held = { value, at: now() }
        },
        (error: unknown) => {
          failure = error
        },
      )
      .finally(() => {
        loading = undefined
      })
    return loading
  }

  const isFresh = () => held !== undefined && now() - held.at < freshMs
  const answer = (): T => {
    if (held === undefined || !isFresh()) throw new RemoteUnavailable('not there', { cause: failure })
    return held.value
  }

  return {
    async get() {
      if (!isFresh()) await tryLoad()
      return answer()
    },
    async renew() {
      await tryLoad()
      return answer()
    },
  }
}
