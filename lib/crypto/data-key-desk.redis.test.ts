import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sessionKeys } from '#lib/redis/keys.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { sealsPerKeyMax } from './aes-gcm.ts'
import { createDataKeyDesk } from './data-key-desk.ts'
import { createDataKeys, UnknownPractice } from './data-keys.ts'
import { createFieldCipher } from './field-cipher.ts'
import { createKeyWrapperChain, createLocalKeyWrapper, type KeyWrapper } from './key-wrapper.ts'

let server: TestRedis
let now = 0
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  await server.redis.flushall()
  now = Date.parse('2026-11-20T00:00:00Z')
})

const kek = createLocalKeyWrapper(randomBytes(32))
const place = { practiceId: 'north', key: 'k', field: 'f' }

/** A process of its own, as a service or an operator's command. */
function startProcess(wrapper: KeyWrapper = kek) {
  const base = { redis: server.redis, wrapper, now: () => now }
  const dataKeys = createDataKeys(base)
  return {
    dataKeys,
    cipher: createFieldCipher({ dataKeys, environment: 'test' }),
    desk: createDataKeyDesk(base),
  }
}
const pass = (ms: number) => {
  now += ms
}

test('rotates: new text is under the new key within a minute, old text stays readable', async () => {
  const { dataKeys, cipher, desk } = startProcess()
  await dataKeys.ensure('north')
  const old = await cipher.encrypt(place, 'before')
  const kid = await desk.rotate('north')
  pass(60_001)
  const next = await cipher.encrypt(place, 'after')
  expect(next.split('.')[1]).toBe(kid)
  expect(old.split('.')[1]).not.toBe(kid)
  expect(await startProcess().cipher.decrypt(place, old)).toBe('before')
  expect(await desk.status('north')).toMatchObject({ current: kid, keys: 2, seals: 65_536, due: false })
})

test('gives one new key when ten rotate at once', async () => {
  const { dataKeys, desk } = startProcess()
  await dataKeys.ensure('north')
  const kids = await Promise.all(Array.from({ length: 10 }, () => desk.rotate('north')))
  const { current, keys } = await desk.status('north')
  expect(kids.every((kid) => kid === current)).toBe(true)
  expect(keys).toBe(2)
})

test('a rotation that comes after a shredding brings no key back', async () => {
  const { dataKeys, desk } = startProcess()
  await dataKeys.ensure('north')
  const slow = startProcess({
    unwrap: kek.unwrap,
    async wrap(practiceId, key) {
      await desk.shred(practiceId)
      return kek.wrap(practiceId, key)
    },
  })
  await expect(slow.desk.rotate('north')).rejects.toBeInstanceOf(UnknownPractice)
  expect(await server.redis.exists(sessionKeys.dataKeys('north'))).toBe(0)
})

test('says which keys are due: old ones, and those with half their uses gone', async () => {
  const { dataKeys, desk } = startProcess()
  await dataKeys.ensure('north')
  expect((await desk.status('north')).due).toBe(false)
  pass(90 * 24 * 3_600_000 + 1)
  expect((await desk.status('north')).due).toBe(true)
  const kid = await desk.rotate('north')
  expect((await desk.status('north')).due).toBe(false)
  await server.redis.hset(sessionKeys.seals('north'), kid, String(sealsPerKeyMax / 2 + 1))
  expect((await desk.status('north')).due).toBe(true)
})

test('finds every practice that has keys', async () => {
  const { dataKeys, desk } = startProcess()
  for (const practice of ['south', 'north', 'east-2']) await dataKeys.ensure(practice)
  await server.redis.set('{p:west}:epoch', '1')
  expect(await desk.practices()).toEqual(['east-2', 'north', 'south'])
})

test('changes the key-encryption key without touching what it protects, and the earlier one is no longer needed', async () => {
  const { dataKeys, cipher, desk } = startProcess()
  await dataKeys.ensure('north')
  const sealed = await cipher.encrypt(place, 'text')
  await desk.rotate('north')
  const next = createLocalKeyWrapper(randomBytes(32))
  const both = createKeyWrapperChain([next, kek])
  expect(await startProcess(both).desk.rewrap('north')).toBe(2)
  expect(await startProcess(next).cipher.decrypt(place, sealed)).toBe('text')
  await expect(startProcess(kek).cipher.decrypt(place, sealed)).rejects.toThrow()
})

test('a rewrap that is cut in the middle leaves every key readable, and may be repeated', async () => {
  const { dataKeys, cipher, desk } = startProcess()
  await dataKeys.ensure('north')
  const first = await cipher.encrypt(place, 'first')
  await desk.rotate('north')
  pass(60_001)
  const second = await cipher.encrypt(place, 'second')
  const next = createLocalKeyWrapper(randomBytes(32))
  let wrapped = 0
  const failing = createKeyWrapperChain([
    {
      unwrap: next.unwrap,
      async wrap(practiceId, key) {
        wrapped += 1
        if (wrapped === 2) throw new Error('cut')
        return next.wrap(practiceId, key)
      },
    },
    kek,
  ])
  await expect(startProcess(failing).desk.rewrap('north')).rejects.toThrow('cut')
  const both = createKeyWrapperChain([next, kek])
  for (const [sealed, text] of [
    [first, 'first'],
    [second, 'second'],
  ] as const)
    expect(await startProcess(both).cipher.decrypt(place, sealed)).toBe(text)
  await startProcess(both).desk.rewrap('north')
  for (const [sealed, text] of [
    [first, 'first'],
    [second, 'second'],
  ] as const)
    expect(await startProcess(next).cipher.decrypt(place, sealed)).toBe(text)
})

test('shredding: within a minute nothing decrypts in any process, other practices are untouched', async () => {
  const processes = [startProcess(), startProcess()] as const
  const [one, other] = processes
  await one.dataKeys.ensure('north')
  await one.dataKeys.ensure('south')
  const sealed = await one.cipher.encrypt(place, 'text')
  const theirs = await one.cipher.encrypt({ ...place, practiceId: 'south' }, 'theirs')
  expect(await other.cipher.decrypt(place, sealed)).toBe('text')
  await one.desk.shred('north')
  pass(60_001)
  for (const { cipher } of processes) {
    await expect(cipher.decrypt(place, sealed)).rejects.toBeInstanceOf(UnknownPractice)
    await expect(cipher.encrypt(place, 'new')).rejects.toBeInstanceOf(UnknownPractice)
    expect(await cipher.decrypt({ ...place, practiceId: 'south' }, theirs)).toBe('theirs')
  }
  expect(await server.redis.keys('{p:north}:*')).toEqual([])
})

test('shredding reaches backups: once the key-encryption key was changed, a restored practice stays unreadable', async () => {
  const { dataKeys, cipher, desk } = startProcess()
  await dataKeys.ensure('north')
  await dataKeys.ensure('south')
  const sealed = await cipher.encrypt(place, 'text')
  const theirs = await cipher.encrypt({ ...place, practiceId: 'south' }, 'theirs')
  const backup = await server.redis.dumpBuffer(sessionKeys.dataKeys('north'))
  await desk.shred('north')
  const next = createLocalKeyWrapper(randomBytes(32))
  const changing = startProcess(createKeyWrapperChain([next, kek])).desk
  for (const practice of await changing.practices()) await changing.rewrap(practice)

  await server.redis.restore(sessionKeys.dataKeys('north'), 0, backup)
  const after = startProcess(next)
  await expect(after.cipher.decrypt(place, sealed)).rejects.toThrow()
  expect(await after.cipher.decrypt({ ...place, practiceId: 'south' }, theirs)).toBe('theirs')
  expect(await startProcess(kek).cipher.decrypt(place, sealed)).toBe('text')
})
