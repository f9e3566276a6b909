import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { AuditEvent } from '#lib/contract/audit.ts'
import { createDataKeys } from '#lib/crypto/data-keys.ts'
import { createFieldCipher } from '#lib/crypto/field-cipher.ts'
import { createLocalKeyWrapper } from '#lib/crypto/key-wrapper.ts'
import { auditKeys, sessionKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { UsageError } from '../run-command.ts'
import { operateKeys } from './operate-keys.ts'

let server: TestRedis
const [phiKey, nextPhiKey, auditKey] = [randomBytes(32), randomBytes(32), randomBytes(32)]
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())
beforeEach(() => server.redis.flushall())

async function run(args: string, env: Record<string, string> = {}): Promise<string[]> {
  const said: string[] = []
  await operateKeys(
    args.split(' ').map((part) => part.replaceAll('_', ' ')),
    {
      env: {
        REDIS_URL: server.url,
        PHI_KEY: phiKey.toString('base64'),
        AUDIT_KEY: auditKey.toString('base64'),
        ...env,
      },
      now: Date.now,
      say: (line) => said.push(line),
    },
  )
  return said
}

const startCipher = (key = phiKey) => {
  const wrapper = createLocalKeyWrapper(key)
  const dataKeys = createDataKeys({ redis: server.redis, wrapper, now: Date.now })
  return { dataKeys, cipher: createFieldCipher({ dataKeys, environment: 'development' }) }
}
async function sealEmail(practiceId: string) {
  const { dataKeys, cipher } = startCipher()
  await dataKeys.ensure(practiceId)
  const place = { practiceId, key: sessionKeys.user(practiceId, 'u1'), field: 'email' }
  await server.redis.hset(place.key, 'email', await cipher.encrypt(place, 'a@b.example'))
  const read = async (key = phiKey) =>
    startCipher(key).cipher.decrypt(place, (await server.redis.hget(place.key, 'email')) ?? '')
  const kid = async () => (await server.redis.hget(place.key, 'email'))?.split('.')[1]
  return { read, kid }
}
async function audited(practiceId: string): Promise<AuditEvent[]> {
  const entries = await server.redis.xrange(auditKeys.log(practiceId), '-', '+')
  return entries.map(([, fields]) =>
    AuditEvent.parse(JSON.parse(fields.find((text) => text.startsWith('{')) ?? 'null')),
  )
}

test('rotate makes a new key, puts what is kept under it, and is audited', async () => {
  const email = await sealEmail('north')
  const before = await email.kid()
  const [said = ''] = await run('rotate north')
  expect(said).toMatch(/^north: key [0-9a-f]{8} is current; renewed 1 fields of users, 0 of dead letters$/)
  expect(await email.kid()).not.toBe(before)
  expect(await email.read()).toBe('a@b.example')
  expect(await audited('north')).toMatchObject([
    { action: 'data-key.rotate', actor: 'operator', entity: 'DataKeys/north', outcome: 'success' },
  ])
})

test('rotate --due rotates those that are due and no other', async () => {
  const [north, south] = [await sealEmail('north'), await sealEmail('south')]
  const kids = [await north.kid(), await south.kid()]
  await server.redis.hset(sessionKeys.dataKeys('south'), 'since', '0')
  expect(await run('rotate --due')).toHaveLength(1)
  expect(await north.kid()).toBe(kids[0])
  expect(await south.kid()).not.toBe(kids[1])
  expect(await run('rotate --due')).toEqual([])
})

test('rewrap moves every practice to the new PHI_KEY', async () => {
  const emails = [await sealEmail('north'), await sealEmail('south')]
  const moving = { PHI_KEY: nextPhiKey.toString('base64'), PHI_KEY_PREVIOUS: phiKey.toString('base64') }
  expect(await run('rewrap', moving)).toEqual(['north: 1 keys wrapped anew', 'south: 1 keys wrapped anew'])
  for (const email of emails) {
    expect(await email.read(nextPhiKey)).toBe('a@b.example')
    await expect(email.read(phiKey)).rejects.toThrow()
  }
  expect(await audited('south')).toMatchObject([{ action: 'data-key.rewrap', outcome: 'success' }])
})

test('a step that fails is audited as a failure, and says so', async () => {
  await sealEmail('north')
  const wrong = { PHI_KEY: nextPhiKey.toString('base64') }
  await expect(run('rewrap north', wrong)).rejects.toThrow()
  expect(await audited('north')).toMatchObject([{ action: 'data-key.rewrap', outcome: 'failure' }])
})

test('shred deletes the keys of the one practice, with its reason in the chain', async () => {
  const [north, south] = [await sealEmail('north'), await sealEmail('south')]
  await run('shred north --confirm north --reason contract_ended')
  await expect(north.read()).rejects.toThrow('no data key')
  expect(await south.read()).toBe('a@b.example')
  expect(await audited('north')).toMatchObject([
    { action: 'data-key.shred', outcome: 'success', reason: 'contract ended' },
  ])
})

test('status tells the use of each practice’s keys, and nothing of the keys themselves', async () => {
  await sealEmail('north')
  const [said = ''] = await run('status')
  expect(JSON.parse(said)).toMatchObject({ practiceId: 'north', keys: 1, seals: 65_536, due: false })
  for (const wrapped of Object.values(await server.redis.hgetall(sessionKeys.dataKeys('north'))))
    if (wrapped.length > 20) expect(said).not.toContain(wrapped)
})

test.each([
  '',
  'burn',
  'rotate',
  'rotate north --due',
  'rotate north south',
  'status --due',
  'shred',
  'shred north',
  'shred north --confirm south --reason x',
  'shred north --confirm north',
  'rotate --all',
])('does nothing for `%s`', async (args) => {
  const email = await sealEmail('north')
  const kid = await email.kid()
  await expect(run(args)).rejects.toBeInstanceOf(UsageError)
  expect(await email.kid()).toBe(kid)
  expect(await email.read()).toBe('a@b.example')
  expect(await audited('north')).toEqual([])
})
