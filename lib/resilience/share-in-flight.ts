/** Callers that ask the same thing at the same time share one answer; nothing is kept after it has come. */
export function shareInFlight<Args extends readonly unknown[], Answer>(
  ask: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  const running = new Map<string, Promise<Answer>>()
  return (...args) => {
    const key = JSON.stringify(args)
    const shared = running.get(key)
    if (shared !== undefined) return shared
    const asking = ask(...args).finally(() => running.delete(key))
    running.set(key, asking)
    return asking
  }
}
