import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { RedisNotFound, startRedisServer } from './redis-server.ts'
import { until, untilAnswers } from './wait.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processes-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (program: string, env: Record<string, string> = {}) =>
  startChild(process.execPath, ['-e', program], { env: { ...env, HOME: folder } })
const gone = (pid: number | undefined) => {
  try {
    process.kill(pid ?? 0, 0)
    return false
  } catch {
    return true
  }
}

test('gives each line of a child’s two outputs', async () => {
  const lines: string[] = []
  const child = run('console.log("a\\nb"); console.error("c")')
  child.onLine((line) => lines.push(line))
  expect(await child.exited).toBe(0)
  await until('all lines', () => lines.length === 3)
  expect(lines.sort()).toEqual(['a', 'b', 'c'])
})

test('tells with which code a child ended, and 127 where there is no such program', async () => {
  expect(await run('process.exit(7)').exited).toBe(7)
  expect(await startChild('no-such-program-anywhere', []).exited).toBe(127)
})

test('runs a child in the folder and with the environment that it is given', async () => {
  const lines: string[] = []
  const child = startChild(process.execPath, ['-e', 'console.log(process.cwd(), process.env.NAME)'], {
    cwd: folder,
    env: { NAME: 'value' },
  })
  child.onLine((line) => lines.push(line))
  await until('the line', () => lines.length > 0)
  expect(lines[0]).toMatch(/processes-.* value$/)
})

test.each(['SIGTERM', 'SIGKILL'] as const)('is over when end(%s) resolves', async (signal) => {
  const child = run('console.log("up"); setInterval(() => {}, 1000)')
  let up = false
  child.onLine(() => {
    up = true
  })
  await until('the child is up', () => up)
  await child.end(signal)
  expect(gone(child.process.pid)).toBe(true)
  await child.end(signal)
})

test('waits until the child has ended its work', async () => {
  const child = run(
    'process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("up")',
  )
  let up = false
  child.onLine(() => {
    up = true
  })
  await until('the child is up', () => up)
  await child.end()
  expect(await child.exited).toBe(3)
})

test('resolves as soon as the condition is met', async () => {
  let asked = 0
  await until('the third time', async () => ++asked === 3)
  expect(asked).toBe(3)
})

test('says by name what did not happen in time', async () => {
  await expect(until('the moon is blue', () => false, 30)).rejects.toThrow(
    'not within 30 ms: the moon is blue',
  )
})

test('passes on what the condition throws', async () => {
  const broken = () => Promise.reject(new Error('broken'))
  await expect(until('anything', broken)).rejects.toThrow('broken')
})

test('waits for a 200 and names the URL that gave none', async () => {
  let asked = 0
  const server = Bun.serve({
    port: 0,
    fetch: () => new Response('', { status: ++asked < 3 ? 503 : 200 }),
  })
  await untilAnswers(server.url.href)
  expect(asked).toBe(3)
  await server.stop(true)
  const nowhere = `http://127.0.0.1:${await freePort()}/`
  await expect(untilAnswers(nowhere, 50)).rejects.toThrow(`${nowhere} answers`)
})

test('gives a port that can be listened on', async () => {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  expect(server.address()).toMatchObject({ port })
  await new Promise((resolve) => server.close(resolve))
})

test('starts a Redis that keeps what it is told in the folder, and is gone when stopped', async () => {
  const server = await startRedisServer({ folder: join(folder, 'new', 'data') })
  expect(await readdir(join(folder, 'new', 'data'))).toContain('appendonlydir')
  await server.stop()
  expect(gone(server.child.process.pid)).toBe(true)
})

test('says what redis-server says of a setting that it does not know', async () => {
  const settings = { 'no-such-setting': '1' }
  await expect(startRedisServer({ folder, settings })).rejects.toThrow(/ended with 1:[\s\S]*no-such-setting/)
})

test('leaves no Redis behind that does not come up in time', async () => {
  const port = await freePort()
  const silent = startRedisServer({ folder, port, settings: { logfile: join(folder, 'log') } })
  await expect(silent).rejects.toThrow('redis-server is ready')
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
})

test('tells a missing redis-server from a bad setting', async () => {
  const module = new URL('./redis-server.ts', import.meta.url).href
  const lines: string[] = []
  const child = run(
    `const { startRedisServer } = await import(${JSON.stringify(module)})
     await startRedisServer({ folder: ${JSON.stringify(folder)} }).catch((e) => console.log(e.name, e.message))`,
    { PATH: folder },
  )
  child.onLine((line) => lines.push(line))
  await child.exited
  await until('the line', () => lines.length > 0)
  expect(lines).toEqual([`${RedisNotFound.name} redis-server is not on PATH`])
})
