import { z } from 'zod'
import { median, ratios, rounded, spread } from './statistics.ts'

/** One compared figure. Without a goal it is told for its own sake, and nothing is met or missed. */
export const Figure = z.strictObject({
  name: z.string(),
  unit: z.string(),
  ours: z.number(),
  peer: z.number(),
  peerName: z.string(),
  ratio: z.number(),
  spread: z.tuple([z.number(), z.number()]),
  goal: z.number().nullable(),
  met: z.boolean().nullable(),
})
export type Figure = z.infer<typeof Figure>

/** The last line of a benchmark, for whoever collects them. */
export const BenchLine = z.strictObject({
  bench: z.string(),
  figures: z.array(Figure).min(1),
  lost: z.int().nonnegative(),
  doubled: z.int().nonnegative(),
  skipped: z.array(z.string()),
})
export type BenchLine = z.infer<typeof BenchLine>

/** What a figure is held against: the ratio to the peer, or our own value; at least it, or at most. */
export interface Goal {
  readonly of: 'ratio' | 'ours'
  readonly is: 'at least' | 'at most'
  readonly value: number
}

export interface Comparison {
  readonly name: string
  readonly unit: string
  readonly peerName: string
  /** One value a round, in the order they ran. */
  readonly ours: readonly number[]
  readonly peer: readonly number[]
  readonly goal?: Goal
}

/** Rounds → the figure: medians of both sides, the median of the rounds' ratios, and how far those ratios lie apart. */
export function toFigure({ name, unit, peerName, goal, ...rounds }: Comparison): Figure {
  const byRound = ratios(rounds.ours, rounds.peer)
  const [min, max] = spread(byRound)
  const ours = median(rounds.ours)
  const ratio = median(byRound)
  return {
    name,
    unit,
    ours: rounded(ours),
    peer: rounded(median(rounds.peer)),
    peerName,
    ratio: rounded(ratio),
    spread: [rounded(min), rounded(max)],
    goal: goal?.value ?? null,
    met: goal ? isMet(goal, goal.of === 'ratio' ? ratio : ours) : null,
  }
}

const isMet = ({ is, value }: Goal, measured: number): boolean =>
  is === 'at least' ? measured >= value : measured <= value

/** Says the figures to a person, and then as the one line of JSON that ends every benchmark. */
export function printLine(line: BenchLine, say: (text: string) => void): void {
  for (const {
    name,
    unit,
    ours,
    peer,
    peerName,
    ratio,
    spread: [min, max],
    goal,
    met,
  } of line.figures) {
    const verdict = goal === null ? '' : `  goal ${goal}: ${met ? 'met' : 'MISSED'}`
    say(
      `${name}: ours ${ours} ${unit}, ${peerName} ${peer} ${unit}, ratio ${ratio} (${min} to ${max})${verdict}`,
    )
  }
  say(`lost ${line.lost}, doubled ${line.doubled}, skipped: ${line.skipped.join(', ') || 'nothing'}`)
  say(JSON.stringify(BenchLine.parse(line)))
}
