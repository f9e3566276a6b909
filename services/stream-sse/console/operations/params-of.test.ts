import { expect, test } from 'vitest'
import { paramsOf } from './params-of.ts'

const schema = {
  properties: { start: { type: 'string' }, notes: { type: 'string' }, tags: { type: 'array' } },
  required: ['start'],
}
const formOf =
  (fields: Readonly<Record<string, string>>) =>
  (name: string): string =>
    fields[name] ?? ''

test('what was edited replaces what was sent, and what was emptied is left out', () => {
  expect(paramsOf(schema, { start: 'a', notes: 'b' }, formOf({ start: 'c' }))).toEqual({ start: 'c' })
})

test('what the form cannot show goes on as it was sent', () => {
  const before = { start: 'a', tags: ['x'], unknown: 1 }
  expect(paramsOf(schema, before, formOf({ start: 'a' }))).toEqual(before)
})

test('params stay as they were sent while the action’s schema is not known', () => {
  expect(paramsOf(undefined, { start: 'a' }, formOf({}))).toEqual({ start: 'a' })
})
