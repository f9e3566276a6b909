import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuditLog } from '#lib/audit/audit-log.ts'
import { createCheckpointSigner, createOpenCheckpoint } from '#lib/audit/checkpoint.ts'
import { createFolderSink } from '#lib/audit/folder-sink.ts'
import { readBefore } from '#lib/audit/read-chain.ts'
import { verifyAudit } from '#lib/audit/verify.ts'
import { createWriteCheckpoint } from '#lib/audit/write-checkpoint.ts'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { auditedPractices, auditKeys } from '#lib/redis/keys.ts'
import { aclFile } from './acl.ts'
import { serverSettings } from './settings.ts'

const passwords = { operator: 'o', 'auth-session': 'a', 'tebra-proxy-worker': 't', 'stream-sse': 's' }
type User = keyof typeof passwords
const key = randomBytes(32)
let folder: string
let server: RedisServer
const users = new Map<User, RedisClient>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acl-audit-'))
  const file = join(folder, 'users.acl')
  await writeFile(file, aclFile(passwords))
  server = await startRedisServer({ folder, aclFile: file, settings: serverSettings })
  for (const [user, password] of Object.entries(passwords) as [User, string][]) {
    const url = `redis://${user}:${password}@127.0.0.1:${server.port}`
    const redis = connectCommands({ url, name: user }, { onError: () => {} })
    await untilReady(redis)
    users.set(user, redis)
  }
})
afterAll(async () => {
  disconnect(...users.values())
  await server.stop()
  await rm(folder, { recursive: true })
})

function as(user: User): RedisClient {
  const redis = users.get(user)
  if (!redis) throw new Error(`${user} is not connected`)
  return redis
}
const append = (user: User, practiceId: string) =>
  createAuditLog({ redis: as(user), key, source: user, now: Date.now }).append({
    action: 'stream.open',
    actor: 'user-1',
    practiceId,
    entity: 'Stream/tebra:responses',
    outcome: 'success',
    requestId: 'request-1',
  })

test.each(['auth-session', 'tebra-proxy-worker', 'stream-sse'] as const)('%s may append', async (user) => {
  await append(user, 'north')
  expect(await verifyAudit(as('operator'), key, 'north')).toMatchObject({ intact: true })
  expect(await as('operator').sismember(auditedPractices, 'north')).toBe(1)
})

const { log, head, lease } = auditKeys
const tampering = (redis: RedisClient) => ({
  'delete the log': () => redis.del(log('north')),
  'delete an entry': () => redis.xdel(log('north'), '0-1'),
  'delete the head': () => redis.del(head('north')),
  'write over the log': () => redis.set(log('north'), ''),
  'forget a practice': () => redis.srem(auditedPractices, 'north'),
  'rename the log': () => redis.rename(log('north'), log('south')),
})

test.each(['auth-session', 'tebra-proxy-worker', 'stream-sse'] as const)(
  '%s may not tamper',
  async (user) => {
    await append('auth-session', 'north')
    for (const [what, attempt] of Object.entries(tampering(as(user))))
      await expect(attempt(), what).rejects.toThrow('NOPERM')
  },
)

test.each(['tebra-proxy-worker', 'stream-sse'] as const)(
  '%s may neither read nor trim a log',
  async (user) => {
    await append('auth-session', 'north')
    await expect(as(user).xrange(log('north'), '-', '+')).rejects.toThrow('NOPERM')
    await expect(as(user).xtrim(log('north'), 'MAXLEN', 0)).rejects.toThrow('NOPERM')
    await expect(as(user).set(lease('north'), 'x')).rejects.toThrow('NOPERM')
    await expect(as(user).smembers(auditedPractices)).rejects.toThrow('NOPERM')
  },
)

test('auth-session may read, verify, checkpoint and trim behind the checkpoint', async () => {
  const redis = as('auth-session')
  const signer = createCheckpointSigner(randomBytes(32))
  const checkpoints = {
    sink: createFolderSink(join(folder, 'archive')),
    open: createOpenCheckpoint([signer.publicKey]),
  }
  for (let n = 0; n < 10; n += 1) await append('auth-session', 'west')
  const write = createWriteCheckpoint({
    ...checkpoints,
    redis,
    key,
    signer,
    limits: { entriesMax: 100, intervalMs: 0, keepEntries: 3, keepMs: 1e12 },
    owner: 'test',
    now: Date.now,
    onWritten: () => {},
  })
  expect(await redis.smembers(auditedPractices)).toContain('west')
  expect(await write('west')).toBe('done')
  expect(await readBefore(redis, 'west', 11, 10)).toHaveLength(3)
  expect(await verifyAudit(redis, key, 'west', checkpoints)).toMatchObject({
    intact: true,
    entries: 10,
    trimmed: 7,
  })
})
