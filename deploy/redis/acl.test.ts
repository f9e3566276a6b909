import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { aclFile } from './acl.ts'
import { serverSettings } from './settings.ts'

let folder: string
let file: string
const passwords = { operator: 'o', 'auth-session': 'a', 'tebra-proxy-worker': 't', 'stream-sse': 's' }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acl-'))
  file = join(folder, 'users.acl')
  await writeFile(file, aclFile(passwords))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const start = (port?: number) =>
  startRedisServer({ folder, aclFile: file, settings: serverSettings, ...(port !== undefined && { port }) })
const open = (port: number, login: string) =>
  connectCommands({ url: `redis://${login}127.0.0.1:${port}`, name: 'test' }, { onError: () => {} })

test('what a script wrote in several steps is there after a restart', async () => {
  const server = await start()
  const operator = open(server.port, 'operator:o@')
  await untilReady(operator)
  await operator.eval("redis.call('SET', KEYS[1], '1') return redis.call('SET', KEYS[2], '2')", 2, 'a', 'b')
  await server.child.end('SIGKILL')
  const again = await start(server.port)
  await untilReady(operator)
  expect(await operator.mget('a', 'b')).toEqual(['1', '2'])
  disconnect(operator)
  await again.stop()
})

test('nobody gets in without a user and a password', async () => {
  const server = await start()
  for (const login of ['', 'default:@', ':@']) {
    const stranger = open(server.port, login)
    await expect(untilReady(stranger, 300)).rejects.toThrow('not ready')
    disconnect(stranger)
  }
  await server.stop()
})

test('only auth-session reaches what opens accounts and signs tokens', async () => {
  const server = await start()
  const keys = ['signing-keys', 'oidc:identity:x', 'oidc:flow:x', 'oidc:spent:x', '{p:north}:identities:x']
  const own = open(server.port, 'auth-session:a@')
  await untilReady(own)
  for (const key of keys) await own.hset(key, 'field', 'value')
  for (const login of ['tebra-proxy-worker:t@', 'stream-sse:s@']) {
    const sibling = open(server.port, login)
    await untilReady(sibling)
    for (const key of keys) {
      await expect(sibling.hget(key, 'field'), key).rejects.toThrow('NOPERM')
      await expect(sibling.hset(key, 'field', 'x'), key).rejects.toThrow('NOPERM')
    }
    disconnect(sibling)
  }
  disconnect(own)
  await server.stop()
})
