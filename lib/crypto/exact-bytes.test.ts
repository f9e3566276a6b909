import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { exactBytes } from './exact-bytes.ts'

const readable = (text: string): boolean => {
  try {
    exactBytes(text)
    return true
  } catch {
    return false
  }
}
/** What the check stands for, the slow way: written out again it is the same text. */
const isCanonical = (text: string) => Buffer.from(text, 'base64url').toString('base64url') === text

test('reads back what was written, of every length', () => {
  for (let length = 0; length < 200; length += 1) {
    const bytes = randomBytes(length)
    expect(exactBytes(bytes.toString('base64url'))).toEqual(bytes)
  }
})

test('reads into a room what fits there, beside what is there already, and else makes its own', () => {
  const room = Buffer.alloc(20, 7)
  const [first, second, third] = [randomBytes(8), randomBytes(9), randomBytes(4)]
  const read = (bytes: Buffer, from: number) => exactBytes(bytes.toString('base64url'), room, from)
  expect(read(first, 0)).toEqual(first)
  expect(read(second, 8)).toEqual(second)
  expect(read(third, 17)).toEqual(third)
  expect(room).toEqual(Buffer.concat([first, second, Buffer.alloc(3, 7)]))
})

test('agrees with writing it out again, for every two characters and every change of a longer text', () => {
  const ascii = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code))
  // Their low bytes are `+`, `/`, `A`, `=` and `_`; and one that is two units long.
  const characters = [
    ...ascii,
    '\u{80}',
    '\u{ff}',
    '\u{12b}',
    '\u{12f}',
    '\u{141}',
    '\u{13d}',
    '\u{25f}',
    '🩺',
  ]
  for (const first of characters) {
    expect(readable(first)).toBe(isCanonical(first))
    for (const second of characters) {
      const text = `${first}${second}`
      if (readable(text) !== isCanonical(text)) expect.fail(`differs: ${JSON.stringify(text)}`)
    }
  }
  for (const length of [3, 4, 5, 16, 17]) {
    const text = randomBytes(length).toString('base64url')
    for (let at = 0; at <= text.length; at += 1)
      for (const other of characters)
        for (const changed of [
          `${text.slice(0, at)}${other}${text.slice(at + 1)}`,
          `${text.slice(0, at)}${other}${text.slice(at)}`,
        ])
          if (readable(changed) !== isCanonical(changed)) expect.fail(`differs: ${JSON.stringify(changed)}`)
  }
})
