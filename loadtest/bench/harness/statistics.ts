/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = sortedOf(values)
  const middle = (sorted.length - 1) / 2
  const [low = 0, high = low] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return (low + high) / 2
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed: nearest rank, nothing is interpolated. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = sortedOf(values)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

export type Spread = [min: number, max: number]

export function spread(values: readonly number[]): Spread {
  const sorted = sortedOf(values)
  return [sorted[0] ?? 0, sorted.at(-1) ?? 0]
}

/** Round by round, ours over the peer's: rounds that ran side by side had the same noise. */
export function ratios(ours: readonly number[], peer: readonly number[]): number[] {
  if (ours.length !== peer.length) throw new RangeError('ours and the peer must have run the same rounds')
  return ours.map((value, index) => value / (peer[index] ?? Number.NaN))
}

/** Three digits after the first that counts: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(4))

function sortedOf(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('no values')
  return values.toSorted((a, b) => a - b)
}
