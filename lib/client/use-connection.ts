import { useCallback, useSyncExternalStore } from 'react'
import type { ConnectionState } from './connection-state.ts'
import type { EventStream } from './event-stream.ts'

/** Where the stream stands, rendered anew at each change. */
export function useConnection(events: Pick<EventStream, 'state' | 'onState'>): ConnectionState {
  const subscribe = useCallback((onChange: () => void) => events.onState(onChange), [events])
  return useSyncExternalStore(subscribe, () => events.state)
}
