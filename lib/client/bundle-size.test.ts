import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What a browser fetches for everything that these entries export: minified, gzipped, without React. */
async function gzippedBytes(...entries: string[]): Promise<number> {
  const virtual = here('./everything.ts')
  const source = entries.map((name) => `export * from '${here(name)}'`).join('\n')
  const { outputs } = await Bun.build({
    entrypoints: [virtual],
    files: { [virtual]: source },
    target: 'browser',
    minify: true,
    external: ['react'],
  })
  const code = await Promise.all(outputs.map((output) => output.arrayBuffer()))
  return code.reduce(
    (total, bytes) => total + Bun.gzipSync(new Uint8Array(bytes), { level: 9 }).byteLength,
    0,
  )
}

test.each([
  [8 * 1024, 'events, calls, sign-in and idle log-off', ['./index.ts']],
  [10 * 1024, 'that and the outbox', ['./index.ts', './offline.ts']],
  [11 * 1024, 'that and the hooks', ['./index.ts', './offline.ts', './react.ts']],
])('weighs less than %i bytes: %s', async (bytesMax, name, entries) => {
  const bytes = await gzippedBytes(...entries)
  process.stdout.write(`browser library, gzipped: ${bytes} bytes for ${name}\n`)
  // Nothing at all would be small too.
  expect(bytes).toBeGreaterThan(4000)
  expect(bytes).toBeLessThan(bytesMax)
})
