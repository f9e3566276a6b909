import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const go = spawnSync('go', ['version']).status === 0
if (!go) console.warn('skipped: the k6 extension (loadtest/k6/extension): there is no Go on PATH')

/** The first run compiles all of k6. */
const timeout = 600_000

function goTest(): Promise<{ readonly code: number | null; readonly output: string }> {
  const cwd = fileURLToPath(new URL('./k6/extension/', import.meta.url))
  const child = spawn('go', ['test', '-buildvcs=false', '-mod=readonly', './...'], { cwd })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

test.skipIf(!go)('the k6 extension keeps what its Go tests say', { timeout }, async () => {
  const { code, output } = await goTest()
  expect(code, output).toBe(0)
})
