import type { ReadyEvent } from './encode-events.ts'

const pieceBytes = 64 * 1024

/**
 * Cuts what one read brought, in its order, into pieces that each fit what a client may leave unread. A larger event is
 * a piece of its own.
 */
export function inPieces(ready: readonly ReadyEvent[]): readonly ReadyEvent[][] {
  const pieces: ReadyEvent[][] = []
  let bytes = 0
  for (const one of ready) {
    bytes += one.frame.byteLength
    const piece = pieces.at(-1)
    if (piece && bytes <= pieceBytes) piece.push(one)
    else {
      pieces.push([one])
      bytes = one.frame.byteLength
    }
  }
  return pieces
}
