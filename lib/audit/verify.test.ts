import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createAuditLog } from './audit-log.ts'
import { type Verification, verifyAudit } from './verify.ts'

let server: TestRedis
const key = randomBytes(32)
const practiceId = 'north'
const log = auditKeys.log(practiceId)
const head = auditKeys.head(practiceId)

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await server.redis.flushall()
  await writeChain(practiceId)
})

async function writeChain(practice: string): Promise<void> {
  const audit = createAuditLog({ redis: server.redis, key, source: 'test', now: Date.now })
  for (let n = 1; n <= 5; n += 1)
    await audit.append({
      action: 'request.submit',
      actor: 'user-1',
      practiceId: practice,
      entity: `Request/${n}`,
      outcome: 'success',
      requestId: 'request-1',
    })
}

type Entry = [id: string, fields: string[]]
const entries = (): Promise<Entry[]> => server.redis.xrange(log, '-', '+')

/** Writes the log anew as someone with all rights in Redis, but without the key, could. */
async function rewrite(next: (before: Entry[]) => Entry[]): Promise<void> {
  const changed = next(await entries())
  await server.redis.del(log)
  for (const [id, fields] of changed) await server.redis.xadd(log, id, ...fields)
}
const verify = (): Promise<Verification> => verifyAudit(server.redis, key, practiceId)
const at = (list: Entry[], index: number): Entry => list[index] ?? ['0-0', []]

test('finds nothing in a chain that nobody touched', async () => {
  expect(await verify()).toEqual({ intact: true, entries: 5 })
})

test('finds an entry whose text was edited', async () => {
  await rewrite((before) =>
    before.map(([id, fields]) => [
      id,
      id === '0-3' ? fields.map((text) => text.replace('Request/3', 'Request/9')) : fields,
    ]),
  )
  expect(await verify()).toEqual({ intact: false, seq: 3, finding: 'altered' })
})

test('finds an entry whose mac was edited', async () => {
  await rewrite((before) =>
    before.map(([id, [, , name = '', text = '']]) => [
      id,
      ['mac', id === '0-2' ? 'short' : 'A'.repeat(43), name, text],
    ]),
  )
  expect(await verify()).toMatchObject({ intact: false, seq: 1, finding: 'altered' })
})

test('finds an entry that was deleted', async () => {
  await server.redis.xdel(log, '0-3')
  expect(await verify()).toEqual({ intact: false, seq: 3, finding: 'gap' })
})

test('finds an entry that was deleted and the rest renumbered', async () => {
  await rewrite((before) =>
    before.filter(([id]) => id !== '0-3').map(([, fields], index) => [`0-${index + 1}`, fields]),
  )
  expect(await verify()).toEqual({ intact: false, seq: 3, finding: 'altered' })
})

test('finds the oldest entries trimmed away', async () => {
  await server.redis.xtrim(log, 'MINID', '0-3')
  expect(await verify()).toEqual({ intact: false, seq: 1, finding: 'gap' })
})

test('finds two entries that changed places', async () => {
  await rewrite((before) =>
    before.map(([id, fields]) => [
      id,
      id === '0-2' ? at(before, 2)[1] : id === '0-3' ? at(before, 1)[1] : fields,
    ]),
  )
  expect(await verify()).toEqual({ intact: false, seq: 2, finding: 'altered' })
})

test('finds the newest entries cut off', async () => {
  await server.redis.xdel(log, '0-4', '0-5')
  expect(await verify()).toEqual({ intact: false, seq: 4, finding: 'truncated' })
})

test('finds the whole log gone', async () => {
  await server.redis.del(log)
  expect(await verify()).toEqual({ intact: false, seq: 1, finding: 'truncated' })
})

test('finds an entry that stands twice', async () => {
  await rewrite((before) => [...before, ['0-6', at(before, 4)[1]]])
  expect(await verify()).toEqual({ intact: false, seq: 6, finding: 'altered' })
})

test('finds a head that was set back, gone, or forged', async () => {
  await server.redis.hset(head, 'seq', '4')
  expect(await verify()).toEqual({ intact: false, seq: 6, finding: 'truncated' })
  await server.redis.hset(head, { seq: '5', mac: 'A'.repeat(43) })
  expect(await verify()).toEqual({ intact: false, seq: 6, finding: 'truncated' })
  await server.redis.del(head)
  expect(await verify()).toEqual({ intact: false, seq: 6, finding: 'truncated' })
})

test('finds the chain of another practice put in the place of this one', async () => {
  await writeChain('south')
  await server.redis.copy(auditKeys.log('south'), log, 'REPLACE')
  await server.redis.copy(auditKeys.head('south'), head, 'REPLACE')
  expect(await verifyAudit(server.redis, key, 'south')).toEqual({ intact: true, entries: 5 })
  expect(await verify()).toEqual({ intact: false, seq: 1, finding: 'altered' })
})

test('finds a chain that was made with another key', async () => {
  expect(await verifyAudit(server.redis, randomBytes(32), practiceId)).toEqual({
    intact: false,
    seq: 1,
    finding: 'altered',
  })
})
