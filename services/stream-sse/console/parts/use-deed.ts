import { useCallback, useRef, useState } from 'react'
import { ServiceError } from '#lib/client/service-error.ts'

/** Something a person does to the system: under way, refused with a reason, or done. */
export interface Deed {
  readonly isBusy: boolean
  readonly error: unknown
  /** What the service says of each field, by its path. */
  readonly fieldErrors: Readonly<Record<string, string>>
  /** Does it, unless it is under way; answers whether it was done. Never rejects: the error is shown. */
  run(task: () => Promise<unknown>): Promise<boolean>
  clear(): void
}

export function useDeed(): Deed {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const underWay = useRef(false)
  const run = useCallback(async (task: () => Promise<unknown>) => {
    if (underWay.current) return false
    underWay.current = true
    setBusy(true)
    setError(undefined)
    try {
      await task()
      return true
    } catch (cause) {
      setError(cause)
      return false
    } finally {
      underWay.current = false
      setBusy(false)
    }
  }, [])
  const clear = useCallback(() => setError(undefined), [])
  return { isBusy, error, fieldErrors: fieldErrorsOf(error), run, clear }
}

function fieldErrorsOf(error: unknown): Readonly<Record<string, string>> {
  const errors = error instanceof ServiceError ? (error.problem?.errors ?? []) : []
  return Object.fromEntries(errors.map(({ path, message }) => [path, message]))
}
