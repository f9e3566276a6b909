/**
 * Callers that ask the same thing share an answer, but only one that was asked for after they came: what is under way
 * already may be too old for them, so they wait together for the next one.
 */
export function shareFresh<Args extends readonly unknown[], Answer>(
  ask: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  const latest = new Map<string, { readonly turn: { begun: boolean }; readonly answer: Promise<Answer> }>()

  return (...args) => {
    const key = JSON.stringify(args)
    const before = latest.get(key)
    if (before && !before.turn.begun) return before.answer
    const turn = { begun: false }
    const answer = (async () => {
      await before?.answer.catch(() => {})
      turn.begun = true
      return ask(...args)
    })()
    latest.set(key, { turn, answer })
    const forget = () => {
      if (latest.get(key)?.turn === turn) latest.delete(key)
    }
    answer.then(forget, forget)
    return answer
  }
}
