import { useCallback, useSyncExternalStore } from 'react'
import type { Outbox } from './outbox.ts'
import type { OutboxEntry } from './outbox-entry.ts'

/** What has not gone out yet, oldest first. */
export function useOutbox(outbox: Outbox): readonly OutboxEntry[] {
  const subscribe = useCallback((onChange: () => void) => outbox.onChange(onChange), [outbox])
  return useSyncExternalStore(subscribe, () => outbox.entries)
}
