import { useCallback, useEffect, useRef, useState } from 'react'
import { useService } from './service.tsx'

/** What is known of a path and since when; `error` is set where the latest reading failed. */
export interface Reading<T> {
  readonly data: T | undefined
  /** In ms since 1970; 0 before the first answer. */
  readonly readAt: number
  readonly error: unknown
  readonly isBusy: boolean
  /** Reads anew; resolves when that is over. */
  reload(): Promise<void>
}

export interface ReadingOptions {
  /** Reads over and over while the tab is seen, marked as background, so that it keeps no session alive. */
  readonly everyMs?: number
}

const patienceMs = 15_000

/** Reads a path when it is shown; nothing while the path is undefined. */
export function useReading<T>(path: string | undefined, { everyMs }: ReadingOptions = {}): Reading<T> {
  const { ask } = useService()
  const [state, setState] = useState<Omit<Reading<T>, 'reload'>>(nothing)
  const current = useRef<AbortController>(undefined)

  const reload = useCallback(async () => {
    if (path === undefined) return
    current.current?.abort()
    const mine = new AbortController()
    current.current = mine
    setState((before) => ({ ...before, isBusy: true }))
    try {
      const data = await ask<T>(path, {
        headers: everyMs === undefined ? {} : { 'x-background': '1' },
        signal: AbortSignal.any([mine.signal, AbortSignal.timeout(patienceMs)]),
      })
      if (!mine.signal.aborted) setState({ data, readAt: Date.now(), error: undefined, isBusy: false })
    } catch (error) {
      if (!mine.signal.aborted) setState((before) => ({ ...before, error, isBusy: false }))
    }
  }, [ask, path, everyMs])

  useEffect(() => {
    setState(nothing)
    void reload()
    return () => current.current?.abort()
  }, [reload])

  useEffect(() => {
    if (everyMs === undefined) return
    const readIfSeen = () => document.hidden || void reload()
    const timer = setInterval(readIfSeen, everyMs)
    document.addEventListener('visibilitychange', readIfSeen)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', readIfSeen)
    }
  }, [reload, everyMs])

  return { ...state, reload }
}

const nothing = { data: undefined, readAt: 0, error: undefined, isBusy: true }
