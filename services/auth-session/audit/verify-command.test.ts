import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuditGround, startAuditGround } from '#lib/audit/testing/audit-ground.ts'
import { startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { auditedPractices, auditKeys } from '#lib/redis/keys.ts'

const script = fileURLToPath(new URL('./verify-command.ts', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))
let ground: AuditGround
let env: Record<string, string>
beforeAll(async () => {
  ground = await startAuditGround()
  env = {
    REDIS_URL: ground.url,
    AUDIT_KEY: ground.key.toString('base64'),
    AUDIT_ARCHIVE: ground.folder,
    AUDIT_VERIFY_KEYS: ground.signer.publicKey.toString('base64'),
  }
  await ground.append('north', 15)
  await ground.append('south', 3)
  for (const practiceId of ['north', 'south']) await ground.writer()(practiceId)
})
afterAll(() => ground.stop())

async function verify(args: readonly string[] = [], more: Record<string, string> = {}) {
  const child = startChild(process.execPath, [script, ...args], { cwd: root, env: { ...env, ...more } })
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  // The process may be gone a moment before its last line is read.
  const closed = new Promise((resolve) => child.process.once('close', resolve))
  const [code] = await Promise.all([child.exited, closed])
  return { code, lines }
}

test('ends with 0 where every practice’s chain and archive are intact, and reads with public keys only', async () => {
  const { code, lines } = await verify(['--archive'])
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { practiceId: 'north', intact: true, entries: 15, archive: { intact: true, entries: 15 } },
    { practiceId: 'south', intact: true, entries: 3, archive: { intact: true, entries: 3 } },
  ])
  expect(code).toBe(0)
})

test('ends with 3 where one was tampered with, and says what; the named practice alone is looked at', async () => {
  const log = auditKeys.log('south')
  const dump = await ground.redis.dumpBuffer(log)
  await ground.redis.xdel(log, '0-2')
  const { code, lines } = await verify()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { practiceId: 'north', intact: true },
    { practiceId: 'south', intact: false, seq: 2, finding: 'gap' },
  ])
  expect(code).toBe(3)
  expect((await verify(['north'])).code).toBe(0)
  if (dump) await ground.redis.restore(log, 0, dump, 'REPLACE')
})

test('finds a practice of which nothing is left in Redis', async () => {
  const names = [auditKeys.log('south'), auditKeys.head('south')]
  const dumps = await Promise.all(names.map((name) => ground.redis.dumpBuffer(name)))
  await ground.redis.del(...names)
  await ground.redis.srem(auditedPractices, 'south')
  const { code, lines } = await verify()
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    practiceId: 'south',
    intact: false,
    seq: 1,
    finding: 'truncated',
  })
  expect(code).toBe(3)
  for (const [at, name] of names.entries()) {
    const dump = dumps[at]
    if (dump) await ground.redis.restore(name, 0, dump, 'REPLACE')
  }
  await ground.redis.sadd(auditedPractices, 'south')
})

test('ends with 3 where the key is another one', async () => {
  expect((await verify([], { AUDIT_KEY: randomBytes(32).toString('base64') })).code).toBe(3)
})

test.each([
  ['an unknown option', ['--what'], {}],
  ['a practice that cannot be one', ['North Clinic'], {}],
  ['no AUDIT_KEY', [], { AUDIT_KEY: '' }],
  ['--archive without an archive', ['--archive'], { AUDIT_ARCHIVE: '' }],
])('ends with 1 where it is called with %s', async (_, args, more) => {
  expect((await verify(args, more)).code).toBe(1)
})

test('ends with 2 where Redis or the archive is away', async () => {
  expect((await verify([], { REDIS_URL: `redis://127.0.0.1:${await freePort()}` })).code).toBe(2)
  const folder = await mkdtemp(join(tmpdir(), 'verify-audit-'))
  await writeFile(join(folder, 'file'), '')
  expect((await verify([], { AUDIT_ARCHIVE: join(folder, 'file', 'under') })).code).toBe(2)
  await rm(folder, { recursive: true })
}, 30_000)
