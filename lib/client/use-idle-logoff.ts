import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { IdleLogoff, IdleState } from './idle-logoff.ts'

export interface IdleLogoffHandle {
  readonly state: IdleState
  /** Counts as activity: the button of a warning. */
  stay(): void
}

/** Watches for idleness while it is shown, and renders where that stands. */
export function useIdleLogoff(idle: IdleLogoff): IdleLogoffHandle {
  useEffect(() => {
    idle.start()
    return () => idle.stop()
  }, [idle])
  const subscribe = useCallback((onChange: () => void) => idle.onState(onChange), [idle])
  const state = useSyncExternalStore(subscribe, () => idle.state)
  const stay = useCallback(() => void idle.stay(), [idle])
  return { state, stay }
}
