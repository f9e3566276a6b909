import { expect, it } from 'vitest'
import { gatherMs } from './gather-ms.ts'

it('holds nothing back where nobody or few were written to', () => {
  expect([0, 1, 33].map(gatherMs)).toEqual([0, 0, 0])
})

it('gathers the longer the more clients were written to, and never longer than a person could notice', () => {
  expect([100, 500, 900].map(gatherMs)).toEqual([3, 15, 25])
  expect([1_000, 100_000].map(gatherMs)).toEqual([25, 25])
})
