import { useCallback, useEffect, useRef, useState } from 'react'
import { useService } from './service.tsx'

/** The pages of a list that were read so far, as one list. */
export interface Pages<T> {
  /** Undefined until the first page came. */
  readonly items: readonly T[] | undefined
  readonly hasMore: boolean
  readonly error: unknown
  readonly isBusy: boolean
  more(): Promise<void>
  /** Begins again with the first page. */
  reload(): Promise<void>
}

/** Reads a list page by page: the items stand under `key`, and `cursor` leads on. */
export function usePages<T>(path: string, key: string): Pages<T> {
  const { ask } = useService()
  const [items, setItems] = useState<readonly T[]>()
  const [cursor, setCursor] = useState<string>()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(true)
  const current = useRef<AbortController>(undefined)

  const read = useCallback(
    async (from: string | undefined) => {
      current.current?.abort()
      const mine = new AbortController()
      current.current = mine
      setBusy(true)
      setError(undefined)
      const next = from === undefined ? '' : `${path.includes('?') ? '&' : '?'}cursor=${from}`
      try {
        const page = await ask<Record<string, unknown>>(path + next, { signal: mine.signal })
        if (mine.signal.aborted) return
        const found = page[key] as readonly T[]
        setItems((before) => (from === undefined ? found : [...(before ?? []), ...found]))
        setCursor(page.cursor as string | undefined)
        setBusy(false)
      } catch (cause) {
        if (mine.signal.aborted) return
        setError(cause)
        setBusy(false)
      }
    },
    [ask, path, key],
  )

  useEffect(() => {
    setItems(undefined)
    setCursor(undefined)
    void read(undefined)
    return () => current.current?.abort()
  }, [read])

  return {
    items,
    hasMore: cursor !== undefined,
    error,
    isBusy,
    more: () => read(cursor),
    reload: useCallback(() => read(undefined), [read]),
  }
}
