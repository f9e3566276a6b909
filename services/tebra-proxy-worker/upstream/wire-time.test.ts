import { describe, expect, test } from 'vitest'
import { fixedClock, formatRowTime, formatUtcTime, readDate, readTime, readUtcTime } from './wire-time.ts'

const eastern = fixedClock(-300)
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

describe('readTime', () => {
  test.each([
    ['11/20/2026 9:30:00 AM', '2026-11-20T14:30:00.000Z'],
    ['11/20/2026 12:00:00 AM', '2026-11-20T05:00:00.000Z'],
    ['11/20/2026 12:15:00 PM', '2026-11-20T17:15:00.000Z'],
    ['1/2/2026 11:59:59 PM', '2026-01-03T04:59:59.000Z'],
    ['2026-11-20T09:30:00', '2026-11-20T14:30:00.000Z'],
    ['2026-11-20 09:30', '2026-11-20T14:30:00.000Z'],
    ['2026-11-20T14:30:00Z', '2026-11-20T14:30:00.000Z'],
    ['2026-11-20T09:30:00-05:00', '2026-11-20T14:30:00.000Z'],
  ])('reads %s five hours west as %s', (text, instant) => {
    expect(iso(readTime(text, eastern))).toBe(instant)
  })

  test.each(['', 'tomorrow', '2/30/2026 9:00:00 AM', '2026-13-01T00:00:00', '13/1/2026 9:00:00 AM'])(
    'refuses %j',
    (text) => {
      expect(readTime(text, eastern)).toBeUndefined()
    },
  )

  test('takes a time without a zone as UTC where the vendor means UTC', () => {
    expect(iso(readUtcTime('2026-11-20T14:30:00'))).toBe('2026-11-20T14:30:00.000Z')
    expect(readUtcTime(undefined)).toBeUndefined()
  })
})

test.each([
  ['3/7/1984', '1984-03-07'],
  ['12/31/1999 12:00:00 AM', '1999-12-31'],
  ['1984-03-07T00:00:00', '1984-03-07'],
  ['1984-03-07T23:30:00-05:00', '1984-03-07'],
  ['2/30/1984', undefined],
  ['1984-02-31', undefined],
  [undefined, undefined],
])('reads the date of birth %s as %s', (text, date) => {
  expect(readDate(text)).toBe(date)
})

test('writes the times the wire wants', () => {
  expect(formatRowTime(Date.parse('2026-11-20T05:00:00Z'), -300)).toBe('11/20/2026 12:00:00 AM')
  expect(formatRowTime(Date.parse('2026-11-20T18:05:09Z'), -300)).toBe('11/20/2026 1:05:09 PM')
  expect(formatUtcTime('2026-11-20T14:30:00.123Z')).toBe('2026-11-20T14:30:00Z')
})
