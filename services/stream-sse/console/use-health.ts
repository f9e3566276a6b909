import { useEffect, useState } from 'react'
import { callService } from '#lib/client/call-service.ts'
import type { TebraStatus } from '#lib/contract/health.ts'

/** The latest status and since when it is known; `error` is set where the latest reading failed. */
export interface HealthReading {
  readonly status: TebraStatus | undefined
  readonly readAt: number
  readonly error: unknown
}

const pauseMs = 5000
const patienceMs = 8000

/** Reads `/tebra/status` over and over while the tab is seen; marked as background, so that it keeps no session alive. */
export function useHealth(): HealthReading | undefined {
  const [reading, setReading] = useState<HealthReading>()
  useEffect(() => {
    const life = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let isReading = false

    async function read(): Promise<void> {
      clearTimeout(timer)
      if (isReading || document.hidden) return
      isReading = true
      try {
        const status = await callService<TebraStatus>((url, init) => fetch(url, init), '/tebra/status', {
          headers: { 'x-background': '1' },
          signal: AbortSignal.any([life.signal, AbortSignal.timeout(patienceMs)]),
        })
        setReading({ status, readAt: Date.now(), error: undefined })
      } catch (error) {
        if (life.signal.aborted) return
        setReading((before) => ({ status: before?.status, readAt: before?.readAt ?? Date.now(), error }))
      } finally {
        isReading = false
      }
      timer = setTimeout(() => void read(), pauseMs)
    }

    document.addEventListener('visibilitychange', () => void read(), { signal: life.signal })
    void read()
    return () => {
      life.abort()
      clearTimeout(timer)
    }
  }, [])
  return reading
}
