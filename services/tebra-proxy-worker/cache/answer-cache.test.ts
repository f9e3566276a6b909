import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { queueKeys as keys, onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createAnswerCache, type Flight } from './answer-cache.ts'
import { createNameRead, type ReadName } from './read-name.ts'

let redis: TestRedis
let ground: ServiceGround

beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('cache-test', redis)
})
afterAll(async () => {
  ground.redis.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await redis.redis.flushall()
  await ground.dataKeys.ensure('north')
})

let now = Date.parse('2026-12-01T12:00:00Z')
const account = { customerKey: 'key', user: 'user', password: 'word', timeZone: 'America/New_York' }
const namesOf = (over: Partial<Parameters<typeof createNameRead>[0]> = {}) =>
  createNameRead({
    partitions: onePartition,
    key: Buffer.alloc(32, 1),
    form: 'soap',
    accountOf: () => account,
    now: () => now,
    ...over,
  })
const nameOf = (action: Parameters<ReturnType<typeof namesOf>>[1], params: object, names = namesOf()) => {
  const name = names('north', action, params)
  if (!name) throw new Error('not cached')
  return name
}
const cacheOf = (limits = { entryBytesMax: 10_000, practiceBytesMax: 100_000 }) =>
  createAnswerCache({ ...ground, partitions: onePartition, limits })
const provider = (id: string) => ({ id, fullName: 'Dr. Young', active: true })

async function takeFlight(name: ReadName, owner = 'a', leaseMs = 5_000): Promise<Flight> {
  await redis.redis.hset(keys.request('1'), { cache: 'prefer', submittedAt: '1' })
  const joined = await cacheOf().join(name, '1', owner, leaseMs)
  if (joined.kind !== 'ask') throw new Error(`not to be asked: ${joined.kind}`)
  return joined.flight
}
const found = (name: ReadName) => cacheOf().lookUp(name, name.freshMs)

test('the same question has the same name, whatever the order of its members', () => {
  const range = { fromDate: '2026-12-01', toDate: '2026-12-02' }
  const turned = { toDate: '2026-12-02', fromDate: '2026-12-01', patientId: undefined }
  expect(nameOf('getAppointments', range)).toEqual(nameOf('getAppointments', turned))
})

test('another question, practice, account, form of the upstream or key has another name', () => {
  const params = { patientId: '10001' }
  const others = [
    namesOf({ form: 'php' }),
    namesOf({ key: Buffer.alloc(32, 2) }),
    ...[{ customerKey: 'other' }, { user: 'other' }, { practiceName: 'South' }, { timeZone: 'UTC' }].map(
      (over) => namesOf({ accountOf: () => ({ ...account, ...over }) }),
    ),
  ].map((names) => nameOf('getPatient', params, names).entry)
  const mine = [
    nameOf('getPatient', params).entry,
    nameOf('getPatient', { patientId: '10002' }).entry,
    namesOf()('south', 'getPatient', params)?.entry,
  ]
  expect(new Set([...others, ...mine]).size).toBe(others.length + mine.length)
})

test('a question about today has another name on the clinic’s next day, one about a date has not', () => {
  const [today, dated] = [nameOf('syncSchedule', {}), nameOf('syncSchedule', { date: '2026-12-01' })]
  now = Date.parse('2026-12-02T04:59:00Z')
  expect(nameOf('syncSchedule', {})).toEqual(today)
  now = Date.parse('2026-12-02T05:00:00Z')
  expect(nameOf('syncSchedule', {})).not.toEqual(today)
  expect(nameOf('syncSchedule', { date: '2026-12-01' })).toEqual(dated)
  expect(namesOf()('north', 'createAppointment', {})).toBeUndefined()
})

test('one holds a flight; only its holder renews, keeps and ends it', async () => {
  const name = nameOf('getProviders', {})
  const flight = await takeFlight(name)
  expect(await cacheOf().join(name, '1', 'b', 5_000)).toEqual({ kind: 'wait' })
  const thief = { ...flight, owner: 'b' }
  expect(await cacheOf().renew(thief, 9_000)).toBe(0)
  expect(await cacheOf().end(thief)).toBe(0)
  expect(await cacheOf().keep(thief, [provider('1')])).toBe('lost')
  expect(await found(name)).toBeUndefined()
  expect(await cacheOf().keep(flight, [provider('2')])).toBe('kept')
  expect((await found(name))?.result).toEqual([provider('2')])
  expect(await redis.redis.exists(name.flight)).toBe(0)
})

test('a holder that was stopped and wakes up after its lease keeps nothing', async () => {
  const name = nameOf('getProviders', {})
  const old = await takeFlight(name, 'a', 1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  const current = await takeFlight(name, 'b')
  expect(await cacheOf().keep(old, [provider('1')])).toBe('lost')
  expect(await cacheOf().keep(current, [provider('2')])).toBe('kept')
})

test('a change voids what is kept and what is being asked for; what does not show it stays', async () => {
  const schedule = nameOf('syncSchedule', { date: '2026-12-01' })
  const providers = nameOf('getProviders', {})
  const day = { date: '2026-12-01', timeZone: 'UTC', appointments: [], syncedAt: '2026-12-01T00:00:00Z' }
  await cacheOf().keep(await takeFlight(schedule), day)
  await cacheOf().keep(await takeFlight(providers), [provider('1')])
  expect(await found(schedule)).toBeDefined()
  const under = await takeFlight(nameOf('syncSchedule', { date: '2026-12-02' }))
  await cacheOf().noteChange('north', 'appointments')
  expect(await found(schedule)).toBeUndefined()
  expect(await found(providers)).toBeDefined()
  expect(await cacheOf().keep(under, day)).toBe('changed')
  await redis.redis.del(schedule.generation)
  await cacheOf().noteChange('north', 'appointments')
  expect(await cacheOf().keep({ ...under, owner: 'a' }, day)).toBe('lost')
})

test('what does not open, or is not what the contract says, counts as not there and is put out', async () => {
  const name = nameOf('getProviders', {})
  await cacheOf().keep(await takeFlight(name), [{ id: 'not digits' }])
  expect(await found(name)).toBeUndefined()
  expect(await redis.redis.exists(name.entry)).toBe(0)
  await cacheOf().keep(await takeFlight(name), [provider('1')])
  await redis.redis.hset(name.entry, 'sealed', 'v1.x.y.z.t')
  expect((await takeFlight(name)).name).toEqual(name)
  expect(await redis.redis.exists(name.entry)).toBe(0)
})

test('an answer that is put under another question’s key is not given: nobody sees the wrong patient', async () => {
  const [asked, other] = ['1', '2'].map((patientId) => nameOf('getPatient', { patientId })) as [
    ReadName,
    ReadName,
  ]
  await cacheOf().keep(await takeFlight(other), { id: '2', firstName: 'Ann', lastName: 'Young' })
  expect(await found(other)).toBeDefined()
  await redis.redis.copy(other.entry, asked.entry)
  expect(await found(asked)).toBeUndefined()
})

test('an answer beyond the limit is not kept', async () => {
  const name = nameOf('getProviders', {})
  const flight = await takeFlight(name)
  const cache = cacheOf({ entryBytesMax: 1_000, practiceBytesMax: 10_000 })
  const large = Array.from({ length: 30 }, (_, index) => provider(String(index)))
  expect(await cache.keep(flight, large)).toBe('too-large')
  expect(await redis.redis.exists(name.entry)).toBe(0)
})

test('beyond a practice’s bytes what ends first makes room, and the bytes are those that stand there', async () => {
  const cache = cacheOf({ entryBytesMax: 1_000, practiceBytesMax: 1_000 })
  const patient = (id: string) => ({ id, firstName: 'x'.repeat(150), lastName: 'Y' })
  const names = ['1', '2', '3', '4', '5', '6'].map((patientId) => nameOf('getPatient', { patientId }))
  for (const [index, name] of names.entries()) {
    await cache.keep(await takeFlight(name), patient(String(index + 1)))
    await redis.redis.zincrby(keys.cacheEnds('north'), index - 1_000, name.entry)
  }
  // Kept again, it is counted once.
  const last = names.at(-1)
  if (!last) throw new Error('no name')
  await redis.redis.hset(last.entry, 'generation', 'old')
  await cache.keep(await takeFlight(last), patient('6'))
  const there = await Promise.all(names.map((name) => redis.redis.hstrlen(name.entry, 'sealed')))
  expect(there[0]).toBe(0)
  expect(there.at(-1)).toBeGreaterThan(0)
  const sum = there.reduce((total, bytes) => total + bytes, 0)
  expect(sum).toBeLessThanOrEqual(1_000)
  expect(await redis.redis.hget(keys.cacheBytes('north'), 'total')).toBe(String(sum))
})

test('every step survives a flushed script cache', async () => {
  const name = nameOf('getProviders', {})
  await redis.redis.script('FLUSH')
  const flight = await takeFlight(name)
  await redis.redis.script('FLUSH')
  expect(await cacheOf().keep(flight, [provider('1')])).toBe('kept')
  await redis.redis.script('FLUSH')
  expect(await found(name)).toMatchObject({ meta: { source: 'cache', stale: false } })
})
