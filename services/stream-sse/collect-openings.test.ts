import { expect, it } from 'vitest'
import { createCollectOpenings } from './collect-openings.ts'

function afterOpening(times: number, openStreams: number): number {
  let collections = 0
  const onOpen = createCollectOpenings({
    openStreams: () => openStreams,
    collect: () => {
      collections += 1
    },
  })
  for (let opening = 0; opening < times; opening++) onOpen()
  return collections
}

it('collects after every hundred openings, and not before', () => {
  expect([99, 100, 199, 1_000].map((times) => afterOpening(times, 0))).toEqual([0, 1, 1, 10])
})

it('collects the rarer the more streams a collection has to look through', () => {
  expect([2_000, 4_000, 40_000].map((open) => afterOpening(2_000, open))).toEqual([20, 10, 1])
})
