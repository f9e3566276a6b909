/** A B B A A B B A …: whatever drifts while a benchmark runs burdens both sides alike. */
export function turns(rounds: number): ('ours' | 'peer')[] {
  return Array.from({ length: rounds }, (_, round) =>
    round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const),
  ).flat()
}

/** Runs both sides in turn; answers each side's results in the order they ran. */
export async function takeTurns<T>(
  rounds: number,
  sides: Readonly<Record<'ours' | 'peer', () => Promise<T>>>,
  onRound: (side: 'ours' | 'peer', round: number, result: T) => void,
): Promise<Record<'ours' | 'peer', T[]>> {
  const results: Record<'ours' | 'peer', T[]> = { ours: [], peer: [] }
  for (const side of turns(rounds)) {
    const result = await sides[side]()
    results[side].push(result)
    onRound(side, results[side].length, result)
  }
  return results
}
