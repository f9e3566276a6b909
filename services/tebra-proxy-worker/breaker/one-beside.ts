/**
 * Room for one request beside those under way, however long these hang: from when it is taken up until it ends there is
 * none for a second, although its call begins only later. Fewer calls under way are the new measure.
 */
export function createOneBeside(): (inFlight: number) => 0 | 1 {
  let before = Number.POSITIVE_INFINITY
  return (inFlight) => {
    before = Math.min(before, inFlight)
    return inFlight > before ? 0 : 1
  }
}
