import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sessionKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { sealsPerKeyMax } from './aes-gcm.ts'
import { createDataKeys, KeySpent, UnknownPractice } from './data-keys.ts'
import { createFieldCipher } from './field-cipher.ts'
import { createLocalKeyWrapper, type KeyWrapper } from './key-wrapper.ts'

let server: TestRedis
const wrapper = createLocalKeyWrapper(randomBytes(32))
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

let practices = 0
const newPractice = () => `practice-${++practices}`
const placeIn = (practiceId: string) => ({ practiceId, key: 'k', field: 'f' })

/** One process: its own cache, its own clock. */
function startProcess(using: KeyWrapper = wrapper) {
  let now = 0
  const dataKeys = createDataKeys({ redis: server.redis, wrapper: using, now: () => now })
  return {
    dataKeys,
    cipher: createFieldCipher({ dataKeys, environment: 'test' }),
    pass(ms: number) {
      now += ms
    },
  }
}

/** What an operator's rotation does: a new wrapped key first, then its name. */
async function rotate(practiceId: string, kid: string): Promise<void> {
  const name = sessionKeys.dataKeys(practiceId)
  await server.redis.hset(name, kid, await wrapper.wrap(practiceId, randomBytes(32)))
  await server.redis.hset(name, 'current', kid)
}

test('gives a practice one key when 20 processes race to make it', async () => {
  const practiceId = newPractice()
  const processes = Array.from({ length: 20 }, () => startProcess())
  await Promise.all(processes.map(({ dataKeys }) => dataKeys.ensure(practiceId)))
  const current = await Promise.all(processes.map(({ dataKeys }) => dataKeys.current(practiceId)))
  expect(new Set(current.map(({ kid, key }) => `${kid} ${key.export().toString('hex')}`)).size).toBe(1)
  expect(Object.keys(await server.redis.hgetall(sessionKeys.dataKeys(practiceId)))).toHaveLength(3)
})

test('keeps the key of a practice that has one', async () => {
  const practiceId = newPractice()
  const { dataKeys } = startProcess()
  await dataKeys.ensure(practiceId)
  const first = await dataKeys.current(practiceId)
  await dataKeys.ensure(practiceId)
  expect((await startProcess().dataKeys.current(practiceId)).kid).toBe(first.kid)
})

test('gives each practice a key of its own', async () => {
  const [one, two] = [newPractice(), newPractice()]
  const { dataKeys } = startProcess()
  await Promise.all([dataKeys.ensure(one), dataKeys.ensure(two)])
  const [first, second] = await Promise.all([dataKeys.current(one), dataKeys.current(two)])
  expect(first.key.equals(second.key)).toBe(false)
})

test('tells that a practice has no key, and finds one that is made afterwards', async () => {
  const practiceId = newPractice()
  const { dataKeys } = startProcess()
  await expect(dataKeys.current(practiceId)).rejects.toBeInstanceOf(UnknownPractice)
  await dataKeys.ensure(practiceId)
  expect((await dataKeys.current(practiceId)).key.symmetricKeySize).toBe(32)
})

test('keeps text under the old key readable after a rotation and seals new text with the new key', async () => {
  const practiceId = newPractice()
  const { dataKeys, cipher, pass } = startProcess()
  await dataKeys.ensure(practiceId)
  const old = await cipher.encrypt(placeIn(practiceId), 'before')
  await rotate(practiceId, 'feedbeef')
  pass(60_001)
  const next = await cipher.encrypt(placeIn(practiceId), 'after')
  expect(next.split('.')[1]).toBe('feedbeef')
  expect(old.split('.')[1]).not.toBe('feedbeef')
  expect(await cipher.decrypt(placeIn(practiceId), old)).toBe('before')
  expect(await cipher.decrypt(placeIn(practiceId), next)).toBe('after')
})

test('opens text under a key that another process has just rotated to', async () => {
  const practiceId = newPractice()
  const behind = startProcess()
  await behind.dataKeys.ensure(practiceId)
  await behind.dataKeys.current(practiceId)
  await rotate(practiceId, 'feedbeef')
  const sealed = await startProcess().cipher.encrypt(placeIn(practiceId), 'text')
  expect(await behind.cipher.decrypt(placeIn(practiceId), sealed)).toBe('text')
})

test('makes old text unreadable everywhere within a minute of the deletion of the keys', async () => {
  const practiceId = newPractice()
  const { dataKeys, cipher, pass } = startProcess()
  await dataKeys.ensure(practiceId)
  const sealed = await cipher.encrypt(placeIn(practiceId), 'text')
  await server.redis.del(sessionKeys.dataKeys(practiceId))
  pass(60_001)
  await expect(cipher.decrypt(placeIn(practiceId), sealed)).rejects.toBeInstanceOf(UnknownPractice)
  await dataKeys.ensure(practiceId)
  await expect(cipher.decrypt(placeIn(practiceId), sealed)).rejects.toThrow('unknown or was shredded')
})

test('says that the current key is missing rather than sealing with another', async () => {
  const practiceId = newPractice()
  await rotate(practiceId, 'feedbeef')
  await server.redis.hset(sessionKeys.dataKeys(practiceId), 'current', 'gone')
  await expect(startProcess().dataKeys.current(practiceId)).rejects.toThrow('current data key is missing')
})

test('refuses a wrapped key that was brought from another practice', async () => {
  const [from, to] = [newPractice(), newPractice()]
  await startProcess().dataKeys.ensure(from)
  const stolen = await server.redis.hgetall(sessionKeys.dataKeys(from))
  await server.redis.hset(sessionKeys.dataKeys(to), stolen)
  await expect(startProcess().dataKeys.current(to)).rejects.toThrow()
})

test('refuses a wrapped key under another key-encryption key', async () => {
  const practiceId = newPractice()
  await startProcess().dataKeys.ensure(practiceId)
  const stranger = startProcess(createLocalKeyWrapper(randomBytes(32)))
  await expect(stranger.dataKeys.current(practiceId)).rejects.toThrow()
})

test('never writes a data key in the clear', async () => {
  const practiceId = newPractice()
  const { dataKeys } = startProcess()
  await dataKeys.ensure(practiceId)
  const { key } = await dataKeys.current(practiceId)
  const stored = JSON.stringify(await server.redis.hgetall(sessionKeys.dataKeys(practiceId)))
  for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
    expect(stored).not.toContain(key.export().toString(encoding))
})

test('asks Redis once a minute, not once a value', async () => {
  const practiceId = newPractice()
  const { dataKeys, pass } = startProcess()
  await dataKeys.ensure(practiceId)
  const reads = async () =>
    Number(/cmdstat_hgetall:calls=(\d+)/.exec(await server.redis.info('commandstats'))?.[1] ?? 0)
  const before = await reads()
  await Promise.all(Array.from({ length: 20 }, () => dataKeys.current(practiceId)))
  pass(60_000)
  await dataKeys.current(practiceId)
  expect((await reads()) - before).toBe(1)
  pass(1)
  await dataKeys.current(practiceId)
  expect((await reads()) - before).toBe(2)
})

test('does not keep a failed read: the next call tries again', async () => {
  const practiceId = newPractice()
  let away = true
  const moody = startProcess({
    wrap: wrapper.wrap,
    unwrap: async (practice, text) => {
      if (away) throw new Error('the key service is away')
      return wrapper.unwrap(practice, text)
    },
  })
  await moody.dataKeys.ensure(practiceId)
  await expect(moody.dataKeys.current(practiceId)).rejects.toThrow('away')
  away = false
  expect((await moody.dataKeys.current(practiceId)).key.symmetricKeySize).toBe(32)
})

test('answers at once where the key is at hand, so that sealing waits for nothing', async () => {
  const practiceId = newPractice()
  const { dataKeys } = startProcess()
  await dataKeys.ensure(practiceId)
  const { kid } = await dataKeys.current(practiceId)
  expect(dataKeys.current(practiceId)).not.toBeInstanceOf(Promise)
  expect(dataKeys.byId(practiceId, kid)).not.toBeInstanceOf(Promise)
})

test('asks for a key to be unwrapped once, not once a minute, and not for keys that nobody uses', async () => {
  const practiceId = newPractice()
  let unwrapped = 0
  const { dataKeys, pass } = startProcess({
    wrap: wrapper.wrap,
    unwrap(practice, text) {
      unwrapped += 1
      return wrapper.unwrap(practice, text)
    },
  })
  await dataKeys.ensure(practiceId)
  await rotate(practiceId, 'feedbeef')
  await Promise.all(Array.from({ length: 20 }, () => dataKeys.current(practiceId)))
  expect(unwrapped).toBe(1)
  pass(60_001)
  await dataKeys.current(practiceId)
  expect(unwrapped).toBe(1)
})

test('unwraps anew a key that was replaced under its old name', async () => {
  const [practiceId, other] = [newPractice(), newPractice()]
  const { dataKeys, pass } = startProcess()
  await dataKeys.ensure(practiceId)
  await dataKeys.ensure(other)
  const before = await dataKeys.current(practiceId)
  const name = sessionKeys.dataKeys(practiceId)
  await server.redis.hset(name, before.kid, await wrapper.wrap(practiceId, randomBytes(32)))
  pass(60_001)
  expect((await dataKeys.current(practiceId)).key.equals(before.key)).toBe(false)
})

test('counts uses of a key in Redis before they are made, for all processes together', async () => {
  const practiceId = newPractice()
  const processes = [startProcess(), startProcess()]
  await processes[0]?.dataKeys.ensure(practiceId)
  for (const { dataKeys } of processes)
    await Promise.all(Array.from({ length: 100 }, () => dataKeys.current(practiceId)))
  const { kid } = (await processes[0]?.dataKeys.current(practiceId)) ?? { kid: '' }
  expect(await server.redis.hget(sessionKeys.seals(practiceId), kid)).toBe(String(2 * 65_536))
})

test('takes further uses when its own are spent, while 50 callers wait for one', async () => {
  const practiceId = newPractice()
  const { dataKeys } = startProcess()
  await dataKeys.ensure(practiceId)
  const { kid } = await dataKeys.current(practiceId)
  for (let use = 1; use < 65_536; use += 1) void dataKeys.current(practiceId)
  const waiting = Array.from({ length: 50 }, () => dataKeys.current(practiceId))
  expect(waiting[0]).toBeInstanceOf(Promise)
  await Promise.all(waiting)
  expect(await server.redis.hget(sessionKeys.seals(practiceId), kid)).toBe(String(2 * 65_536))
})

test('refuses to seal more than 2^32 values under one key, still opens them, and seals again after a rotation', async () => {
  const practiceId = newPractice()
  const { dataKeys, cipher } = startProcess()
  await dataKeys.ensure(practiceId)
  const sealed = await cipher.encrypt(placeIn(practiceId), 'text')
  const kid = await dataKeys.currentId(practiceId)
  await server.redis.hset(sessionKeys.seals(practiceId), kid, String(sealsPerKeyMax - 65_536))
  const last = startProcess()
  expect((await last.dataKeys.current(practiceId)).kid).toBe(kid)
  const late = startProcess()
  await expect(late.cipher.encrypt(placeIn(practiceId), 'one too many')).rejects.toBeInstanceOf(KeySpent)
  expect(await late.cipher.decrypt(placeIn(practiceId), sealed)).toBe('text')
  await rotate(practiceId, 'feedbeef')
  late.pass(60_001)
  expect(await late.cipher.encrypt(placeIn(practiceId), 'again')).toMatch(/^v1\.feedbeef\./)
})
