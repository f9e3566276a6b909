/** A set of callbacks for one kind of news; one that throws is reported and never keeps the others from hearing it. */
export interface Listeners<T> {
  add(listener: (news: T) => void): () => void
  tell(news: T): void
}

export function createListeners<T>(report: (error: unknown) => void): Listeners<T> {
  const all = new Set<{ readonly call: (news: T) => void }>()
  return {
    add(call) {
      const entry = { call }
      all.add(entry)
      return () => {
        all.delete(entry)
      }
    },
    tell(news) {
      for (const entry of [...all]) {
        try {
          entry.call(news)
        } catch (error) {
          report(error)
        }
      }
    },
  }
}
