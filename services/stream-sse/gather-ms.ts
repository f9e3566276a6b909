const perWriteMs = 0.03
const atMostMs = 25

/**
 * How long events are gathered after `writes` clients were written to, in ms. Most of what a delivery costs is the
 * kernel's for each write, about 7 µs, so events that follow closely share one: the more there are to write to, the
 * longer they wait for each other. An event that follows none is never held back, nor is any where few listen.
 */
export const gatherMs = (writes: number): number => Math.min(Math.floor(writes * perWriteMs), atMostMs)
