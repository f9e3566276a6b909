import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createIvSource } from './iv-source.ts'

/** Bytes that can be told apart: each is counted on from the last, and every draw is noted. */
function countingSource() {
  const draws: Buffer[] = []
  const next = createIvSource((length) => {
    const draw = Buffer.alloc(length)
    for (let at = 0; at < length; at += 4) draw.writeUInt32BE(draws.length * length + at, at)
    draws.push(draw)
    return draw
  })
  return { next, draws }
}

test('hands out every byte that was drawn once, in its order, and none that was not', () => {
  const { next, draws } = countingSource()
  const handed = Array.from({ length: 600 }, () => Buffer.from(next().bytes))
  expect(draws).toHaveLength(3)
  expect(Buffer.concat(handed)).toEqual(Buffer.concat(draws).subarray(0, 600 * 12))
})

test('writes each out as base64url says it', () => {
  const next = createIvSource(randomBytes)
  for (let count = 0; count < 600; count += 1) {
    const { bytes, text } = next()
    expect(text).toBe(bytes.toString('base64url'))
  }
})

test('never repeats one in 100,000', () => {
  const next = createIvSource(randomBytes)
  expect(new Set(Array.from({ length: 100_000 }, () => next().text)).size).toBe(100_000)
})
