import { expect, test } from 'vitest'
import { formatCursor, isAtLeast, parseCursor, positionOf, startOfTime } from './cursor.ts'

const position = positionOf((source) => ({ ms: 1_795_207_686_801, seq: source === 'events' ? 41 : 0 }))

test('a cursor comes back as it was, and is short ASCII', () => {
  const cursor = formatCursor('abcd1234', position)
  expect(parseCursor(cursor)).toEqual({ epoch: 'abcd1234', position })
  expect(cursor).toMatch(/^[\x21-\x7e]{1,64}$/)
})

test.each([
  '',
  'abcd1234',
  'abcd1234.0-0',
  'abcd1234.0-0.0-0.0-0.0-0',
  'abcd1234.-1-0.0-0.0-0',
  'abcd1234.0.0.0',
])('%j is no cursor of ours', (text) => expect(parseCursor(text)).toBeUndefined())

test('a position is as far as another only where it is in every source', () => {
  expect([isAtLeast(position, startOfTime), isAtLeast(position, position)]).toEqual([true, true])
  expect(isAtLeast({ ...position, events: { ms: 1, seq: 0 } }, position)).toBe(false)
})
