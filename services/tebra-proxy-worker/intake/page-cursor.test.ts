import { expect, test } from 'vitest'
import { PageCursor } from '#lib/contract/page-cursor.ts'
import { fromCursor, rangeOf, toCursor } from './page-cursor.ts'

const id = '01939f5e-7c1a-7000-8000-0000000000ff'

test.each([0, 1, 1_764_000_000_123, 2 ** 48 - 1])('a position at %d ms comes back as it was', (ms) => {
  const cursor = toCursor({ ms, id })
  expect(PageCursor.parse(cursor)).toBe(cursor)
  expect(fromCursor(cursor)).toEqual({ ms, id })
})

test('whatever the pattern admits is a position, so that no cursor fails further in', () => {
  for (const cursor of [`${'_'.repeat(29)}w`, `${'A'.repeat(30)}`, `${'z9-_'.repeat(7)}0Q`]) {
    const position = fromCursor(PageCursor.parse(cursor))
    expect(toCursor(position)).toBe(cursor)
    expect(position.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  }
})

test('a query’s instants may have any offset', () => {
  const range = rangeOf({ from: '2026-12-01T01:00:00+01:00', to: '2026-12-01T00:00:01Z' })
  expect(range).toEqual({ from: Date.UTC(2026, 11, 1), before: Date.UTC(2026, 11, 1, 0, 0, 1) })
})
