import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sessionKeys } from '#lib/redis/keys.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createDataKeyDesk } from './data-key-desk.ts'
import { createDataKeys } from './data-keys.ts'
import { createFieldCipher } from './field-cipher.ts'
import { createLocalKeyWrapper } from './key-wrapper.ts'
import { renewByTheWay, renewFields } from './renew-fields.ts'
import { createRenewPractice } from './renew-practice.ts'
import { placeOf } from './request-place.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

const wrapper = createLocalKeyWrapper(randomBytes(32))
const partitions = createPartitions(3)
let practices = 0

async function openPractice() {
  practices += 1
  const practiceId = `practice-${practices}`
  const base = { redis: server.redis, wrapper, now: Date.now }
  const startCipher = () => createFieldCipher({ dataKeys: createDataKeys(base), environment: 'test' })
  await createDataKeys(base).ensure(practiceId)
  const cipher = startCipher()
  const userKey = sessionKeys.user(practiceId, 'u1')
  const seal = (field: string, text: string) => cipher.encrypt({ practiceId, key: userKey, field }, text)
  return {
    practiceId,
    userKey,
    seal,
    cipher,
    /** As a process that starts after the rotation sees it. */
    startCipher,
    rotate: () => createDataKeyDesk(base).rotate(practiceId),
    renew: () => createRenewPractice({ redis: server.redis, cipher: startCipher(), partitions })(practiceId),
  }
}
const kidOf = (sealed: string | null | undefined) => sealed?.split('.')[1]

test('puts users and dead letters under the current key and leaves everything else as it is', async () => {
  const { practiceId, userKey, seal, cipher, startCipher, rotate, renew } = await openPractice()
  const { redis } = server
  await redis.hset(userKey, {
    email: await seal('email', 'a@b.example'),
    createdAt: '2026-11-20',
    tries: '3',
  })
  const queue = partitions.of(practiceId)
  const request = queue.request('r1')
  const params = await cipher.encrypt(placeOf(practiceId, 'r1', 'params'), '{"name":"Zoë"}')
  await redis.hset(request, { status: 'dead', params })
  await redis.zadd(queue.dead(practiceId), 1, 'r1')
  const kid = await rotate()

  expect(await renew()).toEqual({ users: 1, deadLetters: 1 })
  const user = await redis.hgetall(userKey)
  expect(user).toMatchObject({ createdAt: '2026-11-20', tries: '3' })
  expect(kidOf(user.email)).toBe(kid)
  const record = await redis.hgetall(request)
  expect(record.status).toBe('dead')
  expect(kidOf(record.params)).toBe(kid)
  const fresh = startCipher()
  expect(await fresh.decrypt({ practiceId, key: userKey, field: 'email' }, user.email ?? '')).toBe(
    'a@b.example',
  )
  expect(await fresh.decrypt(placeOf(practiceId, 'r1', 'params'), record.params ?? '')).toBe('{"name":"Zoë"}')
  expect(await renew()).toEqual({ users: 0, deadLetters: 0 })
})

test('leaves sessions to their end', async () => {
  const { practiceId, cipher, rotate, renew } = await openPractice()
  const session = sessionKeys.session(practiceId, 'hash')
  const device = await cipher.encrypt({ practiceId, key: 'elsewhere', field: 'device' }, 'a browser')
  await server.redis.hset(session, { device })
  await rotate()
  expect(await renew()).toEqual({ users: 0, deadLetters: 0 })
  expect(await server.redis.hget(session, 'device')).toBe(device)
})

test('never overwrites what somebody changed between our read and our write, nor brings back what they deleted', async () => {
  const { practiceId, userKey, seal, startCipher, rotate } = await openPractice()
  const { redis } = server
  const [email, totp] = [await seal('email', 'old@b.example'), await seal('totp', 'SEED')]
  await redis.hset(userKey, { email, totp })
  await rotate()
  await redis.hset(userKey, 'email', 'changed meanwhile')
  await redis.hdel(userKey, 'totp')
  const fields = Object.entries({ email, totp }).map(([field, sealed]) => ({
    field,
    sealed,
    place: { practiceId, key: userKey, field },
  }))
  expect(await renewFields({ redis, cipher: startCipher() }, userKey, fields)).toBe(0)
  expect(await redis.hgetall(userKey)).toEqual({ email: 'changed meanwhile' })
})

test('a run that is cut leaves every field readable', async () => {
  const { practiceId, userKey, seal, startCipher, rotate, renew } = await openPractice()
  const { redis } = server
  await redis.hset(userKey, {
    email: await seal('email', 'a'),
    passwordHash: await seal('passwordHash', 'b'),
  })
  await rotate()
  const fresh = startCipher()
  const sealed = (await redis.hget(userKey, 'email')) ?? ''
  const place = (field: string) => ({ practiceId, key: userKey, field })
  await renewFields({ redis, cipher: fresh }, userKey, [{ field: 'email', sealed, place: place('email') }])
  for (const [field, text] of [
    ['email', 'a'],
    ['passwordHash', 'b'],
  ] as const)
    expect(await fresh.decrypt(place(field), (await redis.hget(userKey, field)) ?? '')).toBe(text)
  expect(await renew()).toEqual({ users: 1, deadLetters: 0 })
})

test('by the way of a read, what cannot be renewed is left as it is', async () => {
  const { practiceId, userKey, seal, startCipher, rotate } = await openPractice()
  const { redis } = server
  const email = await seal('email', 'a@b.example')
  await redis.hset(userKey, { email })
  await rotate()
  const field = { field: 'email', sealed: email, place: { practiceId, key: userKey, field: 'email' } }
  const failing = { ...startCipher(), renew: () => Promise.reject(new Error('the key service is away')) }
  expect(await renewByTheWay({ redis, cipher: failing }, userKey, [field])).toBe(0)
  expect(await redis.hget(userKey, 'email')).toBe(email)
  expect(await renewByTheWay({ redis, cipher: startCipher() }, userKey, [field])).toBe(1)
})
