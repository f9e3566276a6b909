import { expect, test } from 'vitest'
import { createBatch } from './batch.ts'

/** Doubles each number, and keeps what it was called with. */
function doubling(itemsMax?: number) {
  const calls: (readonly number[])[] = []
  const run = async (items: readonly number[]) => {
    calls.push(items)
    if (items.includes(13)) throw new Error('unlucky')
    return items.map((item) => item * 2)
  }
  return { calls, double: itemsMax === undefined ? createBatch(run) : createBatch(run, { itemsMax }) }
}

test('makes one call of what is asked in the same turn, and answers each with its own', async () => {
  const { calls, double } = doubling()
  expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6])
  expect(calls).toEqual([[1, 2, 3]])
})

test('makes another call of what is asked later', async () => {
  const { calls, double } = doubling()
  await double(1)
  await double(2)
  expect(calls).toEqual([[1], [2]])
})

test('an Error among the answers rejects its call alone', async () => {
  const half = createBatch(async (items: readonly number[]) =>
    items.map((item) => (item % 2 === 0 ? item / 2 : new Error(`${item} is odd`))),
  )
  const settled = await Promise.allSettled([2, 3, 4].map(half))
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await expect(half(5)).rejects.toThrow('5 is odd')
})

test('never makes a larger call than is allowed', async () => {
  const { calls, double } = doubling(2)
  expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10])
  expect(calls).toEqual([[1, 2], [3, 4], [5]])
})

test('never joins what is to stay apart', async () => {
  const calls: (readonly string[])[] = []
  const upper = createBatch(
    async (items: readonly string[]) => {
      calls.push(items)
      return items.map((item) => item.toUpperCase())
    },
    { apart: (item) => item.slice(0, 1), itemsMax: 2 },
  )
  expect(await Promise.all(['a1', 'b1', 'a2', 'a3'].map(upper))).toEqual(['A1', 'B1', 'A2', 'A3'])
  expect(calls).toEqual([['a1', 'a2'], ['a3'], ['b1']])
})

test('rejects every call of a batch that failed, and no other', async () => {
  const { double } = doubling(2)
  const outcomes = await Promise.allSettled([1, 13, 3].map(double))
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  expect(await double(4)).toBe(8)
})

test('leaves nobody waiting when the answers are too few', async () => {
  const short = createBatch(async (items: readonly number[]) => items.slice(1))
  const outcomes = await Promise.allSettled([short(1), short(2)])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected'])
})
