import { useCallback, useSyncExternalStore } from 'react'
import type { ConnectionState } from '#lib/client/connection-state.ts'
import type { EventConnection } from '#lib/client/event-connection.ts'

/** Where the stream stands, rendered anew at each change. */
export function useConnectionState(connection: EventConnection): ConnectionState {
  const subscribe = useCallback((onChange: () => void) => connection.onState(onChange), [connection])
  return useSyncExternalStore(subscribe, () => connection.state)
}
