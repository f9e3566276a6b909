import type { EventEnvelope } from '#lib/contract/events.ts'

/** Remembers the latest events by their id, so that one which comes by two ways counts once. */
export function createRecentEvents(countMax = 1000) {
  const seen = new Set<string>()
  return {
    /** Whether it is new. */
    add({ stream, id }: EventEnvelope): boolean {
      const name = `${stream} ${id}`
      if (seen.has(name)) return false
      seen.add(name)
      for (const oldest of seen) {
        if (seen.size <= countMax) break
        seen.delete(oldest)
      }
      return true
    },
  }
}
