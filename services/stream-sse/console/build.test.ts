import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole } from './build.ts'

let outDir: string
let html: string

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'console-'))
  await writeFile(join(outDir, 'left-over.js'), '')
  await buildConsole(outDir)
  html = await readFile(join(outDir, 'index.html'), 'utf8')
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

test('writes a page that runs under a policy without inline script or style and without other origins', () => {
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)| on[a-z]+=/)
  expect(html).not.toMatch(/(?:src|href)="(?!\/console\/)/)
})

test('names every file but the page by its content, and leaves nothing of an earlier build', async () => {
  const names = [...html.matchAll(/"\/console\/([^"]+)"/g)].map((match) => match[1] ?? '')
  expect((await readdir(outDir)).sort()).toEqual([...names, 'index.html'].sort())
  expect(names).toHaveLength(3)
  for (const name of names) expect(name).toMatch(/-[a-z0-9]{8}\.(js|css|svg)$/)
})

test('is whole for who reads it while it is built again, by two at once', async () => {
  const builds = Promise.all([buildConsole(outDir), buildConsole(outDir)])
  let building = true
  const built = builds.finally(() => {
    building = false
  })
  let reads = 0
  while (building) {
    const named = (await readFile(join(outDir, 'index.html'), 'utf8')).matchAll(/"\/console\/([^"]+)"/g)
    for (const [, name = ''] of named) expect((await stat(join(outDir, name))).size).toBeGreaterThan(200)
    reads += 1
  }
  expect(reads).toBeGreaterThan(1)
  expect((await readdir(outDir)).sort()).toEqual((await built)[0].map((path) => basename(path)).sort())
})

test('brings neither validators nor development code to the browser', async () => {
  const script = (await readdir(outDir)).find((name) => name.endsWith('.js')) ?? ''
  const code = await readFile(join(outDir, script), 'utf8')
  expect(code).not.toMatch(/ZodError|process\.env|Download the React DevTools/)
})

test('weighs less than 150 KB, gzipped', async () => {
  const files = (await readdir(outDir)).map((name) => Bun.file(join(outDir, name)).bytes())
  const bytes = (await Promise.all(files)).reduce(
    (sum, file) => sum + Bun.gzipSync(file, { level: 9 }).byteLength,
    0,
  )
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(150 * 1024)
})
