import { useEffect, useRef, useState } from 'react'
import type { TebraRequestState } from '#lib/client/use-tebra-request.ts'

/** When each stage of the latest request was reached, in ms after it was sent, as this page saw it. */
export interface StageTimes {
  readonly pending?: number
  readonly processing?: number
  readonly ended?: number
}

export function useStageTimes(request: TebraRequestState<'syncSchedule'>): StageTimes {
  const startedAt = useRef(0)
  const [times, setTimes] = useState<StageTimes>({})
  useEffect(() => {
    if (request.kind === 'submitting') {
      startedAt.current = performance.now()
      setTimes({})
    } else if (request.kind === 'waiting') {
      const stage = request.status === 'pending' ? 'pending' : 'processing'
      const ms = performance.now() - startedAt.current
      // Work may begin before the answer that it is queued: then both were reached by now.
      setTimes((before) => ({ [stage]: ms, pending: ms, ...before }))
    } else if (request.kind !== 'idle') {
      const ms = performance.now() - startedAt.current
      // The last steps may arrive together with the end and are rendered as one.
      const reached = request.steps.some((step) => step.status !== 'pending')
        ? { pending: ms, processing: ms }
        : {}
      setTimes((before) => ({ ended: ms, ...reached, ...before }))
    }
  }, [request])
  return times
}
