import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { loadScript } from './script.ts'

let server: TestRedis
let folder: string
beforeAll(async () => {
  server = await startTestRedis()
  folder = await mkdtemp(join(tmpdir(), 'script-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => server.redis.flushall())

async function lua(name: string, text: string): Promise<URL> {
  await writeFile(join(folder, name), text)
  return pathToFileURL(join(folder, name))
}

test('runs once where the server does not know the script yet, and after SCRIPT FLUSH', async () => {
  const count = loadScript<number>(await lua('count.lua', "return redis.call('INCRBY', KEYS[1], ARGV[1])"))
  expect(await count(server.redis, ['counter'], [1])).toBe(1)
  expect(await count(server.redis, ['counter'], [1])).toBe(2)
  await server.redis.script('FLUSH')
  expect(await count(server.redis, ['counter'], [1])).toBe(3)
  expect(await server.redis.get('counter')).toBe('3')
})

test('sends the text only where the server asks for it', async () => {
  const name = await lua('hash.lua', `-- ${'x'.repeat(5_000)}\nreturn 1`)
  const script = loadScript<number>(name)
  await script(server.redis, [], [])
  await server.redis.config('RESETSTAT')
  for (let n = 0; n < 10; n += 1) await script(server.redis, [], [])
  const stats = await server.redis.info('commandstats')
  expect(stats).toContain('cmdstat_evalsha:calls=10')
  expect(stats).not.toContain('cmdstat_eval:')
})

test('does not run again when the script itself fails', async () => {
  const text = "redis.call('INCR', KEYS[1]) return redis.error_reply('REFUSED no')"
  const script = loadScript<number>(await lua('fails.lua', text))
  await script(server.redis, ['counter'], []).catch(() => {})
  await server.redis.set('counter', '0')
  await expect(script(server.redis, ['counter'], [])).rejects.toThrow('REFUSED')
  expect(await server.redis.get('counter')).toBe('1')
})

test('puts the prelude before the script', async () => {
  const prelude = await lua('prelude.lua', 'local function twice(n) return n * 2 end')
  const script = loadScript<number>(await lua('uses.lua', 'return twice(tonumber(ARGV[1]))'), { prelude })
  expect(await script(server.redis, [], [21])).toBe(42)
})

test('refuses to write in a read-only script', async () => {
  const write = await lua('write.lua', "return redis.call('SET', KEYS[1], '1')")
  await expect(loadScript(write, { readOnly: true })(server.redis, ['k'], [])).rejects.toThrow('read-only')
  const read = await lua('read.lua', "return redis.call('GET', KEYS[1])")
  await server.redis.set('k', 'v')
  expect(await loadScript<string>(read, { readOnly: true })(server.redis, ['k'], [])).toBe('v')
})

test('passes bytes through unchanged', async () => {
  const script = loadScript<number>(await lua('bytes.lua', 'return #ARGV[1]'))
  expect(await script(server.redis, [], [Buffer.from([0, 255, 10, 13])])).toBe(4)
})

test('says at once that a script file is missing', () => {
  expect(() => loadScript(pathToFileURL(join(folder, 'missing.lua')))).toThrow('missing.lua')
})
