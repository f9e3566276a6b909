import { createContext, useContext } from 'react'
import type { EventStream } from '#lib/client/event-stream.ts'
import type { TebraClient } from '#lib/client/tebra-client.ts'
import type { StreamName } from '#lib/contract/events.ts'

/** The session's one event stream, what it carries, and the client that hears its answers there. */
export interface Live {
  readonly events: EventStream
  readonly streams: readonly StreamName[]
  readonly client: TebraClient
}

export const LiveContext = createContext<Live | undefined>(undefined)

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === undefined) throw new Error('used outside the workspace')
  return live
}
