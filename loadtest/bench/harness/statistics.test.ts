import { describe, expect, it } from 'vitest'
import { median, percentile, ratios, rounded, spread } from './statistics.ts'

describe('statistics', () => {
  it('takes the middle value, and the mean of the middle two, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([7])).toBe(7)
  })

  it('gives a percentile that is one of the values', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(percentile(hundred, 0.5)).toBe(50)
    expect(percentile(hundred, 0.99)).toBe(99)
    expect(percentile(hundred, 1)).toBe(100)
    expect(percentile([3, 8], 0.99)).toBe(8)
  })

  it('tells the least and the greatest', () => {
    expect(spread([2.5, 9, 1])).toEqual([1, 9])
  })

  it('compares round by round, so that noise both had cancels out', () => {
    expect(ratios([30, 10], [10, 5])).toEqual([3, 2])
    expect(() => ratios([1], [1, 2])).toThrow(RangeError)
  })

  it('leaves the values it is given as they were', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  it('refuses to make a figure out of nothing', () => {
    expect(() => median([])).toThrow(RangeError)
    expect(() => percentile([], 0.5)).toThrow(RangeError)
    expect(() => spread([])).toThrow(RangeError)
  })

  it('keeps four digits', () => {
    expect(rounded(12_345.678)).toBe(12_350)
    expect(rounded(0.123456)).toBe(0.1235)
  })
})
