import { useEffect, useMemo, useRef, useState } from 'react'
import type { EventEnvelope, StreamName } from '#lib/contract/events.ts'
import type { ConnectionState, GapReason } from './connection-state.ts'
import { type CreateEventsOptions, createEvents } from './create-events.ts'
import type { EventStream } from './event-stream.ts'
import { useConnection } from './use-connection.ts'

/** Either a stream the application holds open, or what is needed to make one that lives as long as the component. */
export type EventBusOptions = (
  | { readonly events: EventStream }
  | ({ readonly events?: undefined } & Omit<CreateEventsOptions, 'streams'>)
) & {
  readonly onEvent?: (event: EventEnvelope) => void
  /** Events may be missing: whatever was built from them must be read anew. */
  readonly onResync?: (reason: GapReason) => void
  /** How many of the latest events are kept; 0 where `onEvent` suffices. */
  readonly countMax?: number
}

export interface EventBus {
  readonly state: ConnectionState
  /** The latest events of these streams, oldest first. */
  readonly events: readonly EventEnvelope[]
}

/** Listens to streams while it is shown. Options other than the callbacks are read once per session and set of streams. */
export function useRedisEventBus(streams: readonly StreamName[], options: EventBusOptions): EventBus {
  const latest = useRef(options)
  latest.current = options
  const names = streams.join(',')
  const owner = options.events ? undefined : options.sessionId
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names and the session stand for what they are made of
  const stream = useMemo(
    () => options.events ?? createEvents({ ...options, streams }),
    [options.events, owner, names],
  )
  const [events, setEvents] = useState<readonly EventEnvelope[]>([])

  useEffect(() => {
    setEvents([])
    const stops = [
      stream.onEvent((event) => {
        if (!names.split(',').includes(event.stream)) return
        const { onEvent, countMax = 100 } = latest.current
        if (countMax > 0) setEvents((before) => [...before, event].slice(-countMax))
        onEvent?.(event)
      }),
      stream.onResync((reason) => latest.current.onResync?.(reason)),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [stream, names])
  useEffect(() => {
    if (owner === undefined) return
    stream.open()
    return () => stream.close()
  }, [stream, owner])

  return { state: useConnection(stream), events }
}
