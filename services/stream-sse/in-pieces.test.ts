import { expect, it } from 'vitest'
import type { ReadyEvent } from './encode-events.ts'
import { inPieces } from './in-pieces.ts'

const kb = (size: number): ReadyEvent => ({
  event: { source: 'events', id: { ms: 1, seq: 0 }, stream: 'agent_updates', audience: '', flat: [] },
  frame: new Uint8Array(size * 1024),
  key: undefined,
})

it('keeps together what fits, in its order, and loses nothing', () => {
  const ready = [20, 40, 10, 60, 1, 3, 1].map(kb)
  const pieces = inPieces(ready)
  expect(pieces.flat()).toEqual(ready)
  expect(pieces.map(({ length }) => length)).toEqual([2, 1, 3, 1])
})

it('makes a piece of an event that is larger than any, and none of nothing', () => {
  expect(inPieces([70, 1].map(kb)).map(({ length }) => length)).toEqual([1, 1])
  expect(inPieces([])).toEqual([])
})
