/** Remembers the latest names, so that what comes by two ways counts once. */
export function createRecent(countMax = 1000) {
  const seen = new Set<string>()
  return {
    /** Whether it is new. */
    add(name: string): boolean {
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
