import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const bun = join(root, 'node_modules/.bin/bun')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commands-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs one of the commands as a person would, with everything it prints. */
function run(script: string, env: Record<string, string> = {}): Child & { text: () => string } {
  const lines: string[] = []
  const child = startChild(bun, [join(root, 'deploy/local', script)], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', STACK_FOLDER: folder, ...env },
  })
  child.onLine((line) => lines.push(line))
  return { ...child, text: () => lines.join('\n') }
}

const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

test('the demo does the main job once and leaves with 0', async () => {
  const demo = run('demo.ts')
  expect(await demo.exited).toBe(0)
  expect(demo.text()).toMatch(
    /signed in[\s\S]*listening[\s\S]*pending[\s\S]*success[\s\S]*\d+ appointments on/,
  )
}, 40_000)

test('npm start says where the console is, refuses a second start, and Ctrl-C ends everything', async () => {
  const port = String(await freePort())
  const first = run('start.ts', { PORT: port })
  await until('it is up', () => first.text().includes('Ctrl-C ends everything'), 40_000)
  expect(first.text()).toContain(`http://localhost:${port}/console/`)
  expect((await fetch(`http://localhost:${port}/console/`)).status).toBe(200)

  const second = run('start.ts', { PORT: String(await freePort()) })
  expect(await second.exited).toBe(1)
  expect(second.text()).toMatch(/already running .*process \d+/)

  await first.end('SIGINT')
  expect(await first.exited).toBe(0)
  await expect(fetch(`http://localhost:${port}/console/`)).rejects.toThrow()
}, 60_000)

test('a stack whose parent was killed is cleared away by the next start', async () => {
  const port = String(await freePort())
  const first = run('start.ts', { PORT: port })
  await until('it is up', () => first.text().includes('Ctrl-C ends everything'), 40_000)
  const orphan = Number(/"redis":(\d+)/.exec(await Bun.file(join(folder, 'stack.json')).text())?.[1])
  await first.end('SIGKILL')
  const second = run('start.ts', { PORT: port })
  await until('it is up again', () => second.text().includes('Ctrl-C ends everything'), 40_000)
  expect(gone(orphan)).toBe(true)
  await second.end('SIGINT')
  expect(await second.exited).toBe(0)
}, 90_000)

test('a start that is told to end while it starts leaves nothing running', async () => {
  const port = String(await freePort())
  const start = run('start.ts', { PORT: port })
  await until('it starts the services', () => start.text().includes('Starting Redis'), 40_000)
  await start.end('SIGTERM')
  expect(await start.exited).toBe(0)
  expect(start.text()).toContain('Ending …')
  await expect(fetch(`http://localhost:${port}/console/`)).rejects.toThrow()
}, 60_000)

test('a busy port is named, with what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await until('it listens', () => server.listening)
  const address = server.address()
  const port = String(address && typeof address === 'object' ? address.port : 0)
  const start = run('start.ts', { PORT: port })
  expect(await start.exited).toBe(1)
  expect(start.text()).toContain(`Port ${port} is in use`)
  expect(start.text()).toContain('PORT=9090 npm start')
  server.close()
})

test('without Redis and without the right to install it the message says how to get it', async () => {
  const start = run('start.ts', { PATH: folder, PORT: '8080' })
  expect(await start.exited).toBe(1)
  expect(start.text()).toContain('redis-server is not on PATH')
})

test('a broken local configuration is told by file, and nothing is left running', async () => {
  await writeFile(join(folder, 'secrets.json'), '{"phiKey": 5}')
  const start = run('start.ts', { PORT: String(await freePort()) })
  expect(await start.exited).toBe(1)
  expect(start.text()).toMatch(/secrets\.json/)
})
