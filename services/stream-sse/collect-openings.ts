const openingsMin = 100
const shareOfOpen = 0.05

/**
 * To be called at each opening; collects garbage after every so many. Opening leaves many times what a stream then holds
 * (request, session check, audit event), and streams that come to lie between it keep its pages: left to the runtime,
 * one takes 12 KB instead of 7. It costs a third of an opening's CPU; the more there is to look through the rarer it is.
 */
export function createCollectOpenings(deps: { openStreams: () => number; collect: () => void }): () => void {
  let openings = 0
  return () => {
    openings += 1
    if (openings < Math.max(openingsMin, deps.openStreams() * shareOfOpen)) return
    openings = 0
    deps.collect()
  }
}
