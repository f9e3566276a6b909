import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLineWriter } from './line-writer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-writer-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('writes what was logged, in its order, when the turn has ended', async () => {
  const file = join(folder, 'log')
  const writer = createLineWriter(file)
  const lines = Array.from({ length: 1_000 }, (_, n) => `line ${n}: é\n`)
  for (const line of lines) writer.write(line)
  await nextTurn()
  writer.write('the next turn\n')
  await nextTurn()
  expect(await readFile(file, 'utf8')).toBe(`${lines.join('')}the next turn\n`)
})

test('leaves nothing behind when it is flushed, and writes nothing twice', async () => {
  const file = join(folder, 'log')
  const writer = createLineWriter(file)
  writer.write('last words\n')
  writer.flush()
  expect(await readFile(file, 'utf8')).toBe('last words\n')
  await nextTurn()
  expect(await readFile(file, 'utf8')).toBe('last words\n')
})
