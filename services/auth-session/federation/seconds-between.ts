/** Whole seconds from one instant to a later one, both in ISO 8601. */
export const secondsBetween = (from: string, until: string): number =>
  Math.floor((Date.parse(until) - Date.parse(from)) / 1_000)
