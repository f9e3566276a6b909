import type { Tabs } from '../tabs.ts'

interface Holder {
  readonly lose: () => void
}

/** The tabs of one browser in one process: locks and channels in the hands of the test, which may kill a tab at any moment. */
export function startFakeTabs() {
  const holders = new Map<string, Holder>()
  const lines = new Map<string, (() => void)[]>()
  const listeners = new Map<
    string,
    Set<{ readonly tab: object; readonly hear: (message: unknown) => void }>
  >()

  function handOver(name: string): void {
    holders.delete(name)
    lines.get(name)?.shift()?.()
  }

  /** One tab. Everything it posts arrives in a later task, copied, as BroadcastChannel does it. */
  function openTab() {
    const tab = {}
    const posts: unknown[] = []
    let isDead = false
    /** What is dropped on its way out, by the test's choice. */
    let drops: (message: unknown) => boolean = () => false
    /** What does not reach it. */
    let misses: (message: unknown) => boolean = () => false
    const held = new Set<string>()

    const tabs: Tabs = {
      lead: (name, { takeOver, signal }, reign) =>
        new Promise((resolve) => {
          const lost = new AbortController()
          const holder: Holder = { lose: () => lost.abort() }
          const take = (): void => {
            if (signal.aborted || isDead) {
              handOver(name)
              resolve()
              return
            }
            signal.removeEventListener('abort', giveUp)
            holders.set(name, holder)
            held.add(name)
            const over = (): void => {
              held.delete(name)
              if (holders.get(name) === holder) handOver(name)
              resolve()
            }
            lost.signal.addEventListener('abort', () => resolve())
            void reign(lost.signal).then(over)
          }
          const giveUp = (): void => {
            const line = lines.get(name) ?? []
            if (line.includes(take))
              lines.set(
                name,
                line.filter((other) => other !== take),
              )
            resolve()
          }
          if (takeOver) holders.get(name)?.lose()
          if (takeOver || !holders.has(name)) return take()
          signal.addEventListener('abort', giveUp)
          lines.set(name, [...(lines.get(name) ?? []), take])
        }),
      channel(name, hear) {
        const all = listeners.get(name) ?? new Set()
        const mine = { tab, hear: (message: unknown) => isDead || misses(message) || hear(message) }
        listeners.set(name, all.add(mine))
        return {
          post(message) {
            if (isDead || drops(message)) return
            posts.push(message)
            const copy: unknown = structuredClone(message)
            for (const other of [...all])
              if (other !== mine) setTimeout(() => all.has(other) && other.hear(copy))
          },
          close: () => all.delete(mine),
        }
      },
    }
    return {
      tabs,
      posts,
      isLeading: () => held.size > 0 && !isDead,
      dropPosts(matching: (message: unknown) => boolean) {
        drops = matching
      },
      missPosts(matching: (message: unknown) => boolean) {
        misses = matching
      },
      /** As kill −9: says nothing any more, and the browser takes its locks away. */
      kill() {
        isDead = true
        for (const name of held) handOver(name)
        held.clear()
      },
      /** Hangs: keeps its locks and says nothing. */
      hang() {
        isDead = true
      },
    }
  }
  return { openTab }
}
