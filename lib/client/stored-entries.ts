import type { OutboxEntry, OutboxStorage } from './outbox-entry.ts'

/** The application's storage, or none: what fails there is reported, and the entry goes on in memory. */
export function createStoredEntries(storage: OutboxStorage | undefined, report: (error: unknown) => void) {
  /** Keys that are in the storage as far as this tab knows. */
  const known = new Set<string>()

  async function list(): Promise<readonly OutboxEntry[] | undefined> {
    try {
      return await storage?.list()
    } catch (error) {
      report(error)
      return undefined
    }
  }

  return {
    /** Everything that is stored and can be read; from now on it counts as known. */
    async load(): Promise<readonly OutboxEntry[]> {
      const entries = (await list()) ?? []
      for (const { idempotencyKey } of entries) known.add(idempotencyKey)
      return entries
    },
    async put(entry: OutboxEntry): Promise<void> {
      if (!storage) return
      await storage.put(entry).then(() => void known.add(entry.idempotencyKey), report)
    },
    async remove(key: string): Promise<void> {
      known.delete(key)
      await storage?.remove(key).catch(report)
    },
    /** Whether an entry that was stored is so no more: another tab has dealt with it. */
    async isGone(key: string): Promise<boolean> {
      const entries = known.has(key) ? await list() : undefined
      return entries?.every(({ idempotencyKey }) => idempotencyKey !== key) === true
    },
  }
}
