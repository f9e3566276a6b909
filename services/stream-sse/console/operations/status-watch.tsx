import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import type { TebraStatus } from '#lib/contract/health.ts'
import { type Reading, useReading } from '../parts/use-reading.ts'

/** One reading as the plots need it. */
export interface Sample {
  /** In ms since 1970. */
  readonly at: number
  readonly latencyMs: number | null
  readonly depth: number
  readonly oldestAgeMs: number
  readonly dead: number
}

interface Watched {
  readonly status: Reading<TebraStatus>
  /** Of the last hour, as far as this page was open; oldest first. */
  readonly samples: readonly Sample[]
}

const everyMs = 5000
export const plottedMs = 3_600_000

const WatchContext = createContext<Watched | undefined>(undefined)

export function useStatusWatch(): Watched {
  const watched = useContext(WatchContext)
  if (watched === undefined) throw new Error('used outside the watch')
  return watched
}

/** Reads the system's status while an operator is signed in, whichever page they are on, and keeps an hour of it. */
export function StatusWatch({ isOn, children }: { readonly isOn: boolean; readonly children: ReactNode }) {
  const status = useReading<TebraStatus>(isOn ? '/tebra/status' : undefined, { everyMs })
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const { data, readAt } = status
  useEffect(() => {
    if (data === undefined) return setSamples([])
    const sample = sampleOf(data, readAt)
    setSamples((before) => [...before.filter(({ at }) => at > readAt - plottedMs), sample])
  }, [data, readAt])
  return <WatchContext value={{ status, samples }}>{children}</WatchContext>
}

const sampleOf = ({ redis, queue }: TebraStatus, at: number): Sample => ({
  at,
  latencyMs: redis.status === 'healthy' ? redis.latency_ms : null,
  depth: queue.depth,
  oldestAgeMs: queue.oldestAgeMs,
  dead: queue.dead,
})
