export interface TabChannel {
  post(message: unknown): void
  close(): void
}

/** What the tabs of one browser share: one of them may lead, and all of them can talk. */
export interface Tabs {
  /**
   * Waits until no other tab leads under this name, then runs `reign`; resolves when that is over, or `signal` ended the wait.
   * `reign` hears `lost` when another tab took the lead away. `takeOver` does that: the leader is silent and will not wake.
   */
  lead(
    name: string,
    options: { readonly takeOver: boolean; readonly signal: AbortSignal },
    reign: (lost: AbortSignal) => Promise<void>,
  ): Promise<void>
  /** What one tab posts every other one hears, in the order it was posted. */
  channel(name: string, onMessage: (message: unknown) => void): TabChannel
}

/** By the browser's own Web Locks and BroadcastChannel; undefined where it lacks one of them, or the page is not secure. */
export function browserTabs(): Tabs | undefined {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  if (locks === undefined || typeof BroadcastChannel === 'undefined') return undefined
  return {
    async lead(name, { takeOver, signal }, reign) {
      const lost = new AbortController()
      try {
        await locks.request(name, takeOver ? { steal: true } : { signal }, () => reign(lost.signal))
      } catch {
        // The wait was ended, or the lock was stolen: either way this tab does not lead.
      } finally {
        lost.abort()
      }
    },
    channel(name, onMessage) {
      const channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => onMessage(data)
      return { post: (message) => channel.postMessage(message), close: () => channel.close() }
    },
  }
}
