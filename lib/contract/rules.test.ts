import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { eachOnce, text, trimmedText, withExactlyOne, withMembers } from './rules.ts'

const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success
const words = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' })

describe('text', () => {
  const two = text(2, 3)
  test.each(['ab', 'abc', '🔑🔑', '🔑🔑🔑', '  '])('takes %j', (given) =>
    expect(takes(two, given)).toBe(true),
  )
  test.each(['', 'a', 'abcd', '🔑', '🔑🔑🔑🔑', 22])('refuses %j', (given) =>
    expect(takes(two, given)).toBe(false),
  )

  test('is told in characters as JSON Schema counts them', () => {
    expect(words(two)).toMatchObject({ type: 'string', minLength: 2, maxLength: 3 })
  })
})

describe.each([1, 2, 10])('text of %i characters beside the blanks around it', (min) => {
  const trimmed = trimmedText(min, 20)
  const { pattern = '' } = words(trimmed)
  const given = [1, 2, 9, 10, 11].flatMap((length) => [
    'x'.repeat(length),
    ` ${'x'.repeat(length)}\n`,
    `x${' '.repeat(length)}`,
    `x${' '.repeat(length)}x`,
  ])
  test.each(['', ' ', '\n', ...given])('has the pattern of what is taken: %j', (value) => {
    expect(value.length >= min && new RegExp(pattern, 'u').test(value)).toBe(takes(trimmed, value))
  })

  test('has at most so many with the blanks', () => {
    expect(trimmed.parse(` ${'x'.repeat(19)}`)).toBe('x'.repeat(19))
    expect(takes(trimmed, ` ${'x'.repeat(20)}`)).toBe(false)
    expect(words(trimmed)).toMatchObject({ minLength: min, maxLength: 20 })
  })
})

test('a list that names each once says so', () => {
  const list = eachOnce(z.enum(['a', 'b', 'c']), 2, 1)
  expect([['a'], ['b', 'a']].every((given) => takes(list, given))).toBe(true)
  expect([[], ['a', 'a'], ['a', 'b', 'c'], ['d']].some((given) => takes(list, given))).toBe(false)
  expect(words(list)).toMatchObject({ uniqueItems: true, minItems: 1, maxItems: 2 })
})

test('an object that needs members says how many', () => {
  const some = withMembers(z.strictObject({ a: z.int().optional(), b: z.null().optional() }), 1, 'none')
  expect([takes(some, { a: 1 }), takes(some, { b: null }), takes(some, {})]).toEqual([true, true, false])
  expect(words(some)).toMatchObject({ minProperties: 1, additionalProperties: false })
})

test('an object that takes one of several members says so', () => {
  const shape = { a: z.int().optional(), b: z.int().optional(), other: z.int().optional() }
  const one = withExactlyOne(z.strictObject(shape), ['a', 'b'], 'give one')
  expect([{ a: 1 }, { b: 1, other: 2 }].every((given) => takes(one, given))).toBe(true)
  expect([{}, { other: 2 }, { a: 1, b: 1 }].some((given) => takes(one, given))).toBe(false)
  expect(words(one).oneOf).toEqual([{ required: ['a'] }, { required: ['b'] }])
})
