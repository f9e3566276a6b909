import { beforeEach, expect, test } from 'vitest'
import { Appointment, type Patient, type Schedule } from '#lib/contract/clinic.ts'
import { Problem } from '#lib/contract/problem.ts'
import type { RequestRecord } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { readRedis } from '#lib/testing/read-redis.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import type { StartedProxy } from '../testing/proxy.ts'
import { age, entryOf, flights, read, submitRead } from '../testing/reads.ts'

const { redis, simulator, start } = clinicForEachTest()
let proxy: StartedProxy
beforeEach(async () => {
  proxy = await start()
})

const day = { date: '2026-12-01' }
const appointment = {
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: '2026-12-01T15:00:00Z',
  end: '2026-12-01T15:30:00Z',
}
const calls = async (operation: string) => (await simulator.counts()).byOperation[operation] ?? 0
const many = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))
const shownIn = ({ data }: RequestRecord) => (data as Schedule).appointments.map(({ id }) => id)
const newest = { source: 'upstream', stale: false, ageMs: 0 }

test('an answer that came a short while ago answers without an upstream call, and says so', async () => {
  const first = await read(proxy, 'prefer', 'getProviders')
  expect(first).toMatchObject({ status: 'success', ...newest })
  const second = await read(proxy, 'prefer', 'getProviders')
  expect(second).toMatchObject({ status: 'success', source: 'cache', stale: false, attempts: 0 })
  expect(second.ageMs).toBeGreaterThanOrEqual(0)
  expect(second.data).toEqual(first.data)
  expect(await calls('GetProviders')).toBe(1)
})

test('whoever asks for it fresh, as by default, has the upstream asked', async () => {
  await read(proxy, 'prefer', 'getProviders')
  expect(await read(proxy, 'fresh', 'getProviders')).toMatchObject(newest)
  expect(await proxy.ended((await proxy.submit('getProviders')).id)).toMatchObject(newest)
  expect(await calls('GetProviders')).toBe(3)
})

test('an answer that no longer passes for new is asked for again', async () => {
  await read(proxy, 'prefer', 'getProviders')
  await age(redis, 'getProviders', 5 * 60_000 + 1)
  for (const mode of ['prefer', 'allow-stale'] as const) {
    await age(redis, 'getProviders', 5 * 60_000 + 1)
    expect(await read(proxy, mode, 'getProviders')).toMatchObject(newest)
  }
})

test('other params, and actions that tell of the connection, are never answered by it', async () => {
  await read(proxy, 'prefer', 'syncSchedule', day)
  expect(await read(proxy, 'prefer', 'syncSchedule', { date: '2026-12-02' })).toMatchObject(newest)
  for (let time = 0; time < 2; time += 1)
    expect((await read(proxy, 'prefer', 'testConnection')).source).toBeUndefined()
  expect(await redis.redis.keys('{tebra}:cache:*:testConnection:*')).toEqual([])
})

test('fresh shares only a call that began after its own submission', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 400, operation: 'GetAppointments' })
  const running = await submitRead(proxy, 'fresh', 'syncSchedule', day)
  await until('its call is under way', async () => (await calls('GetAppointments')) === 1)
  const later = await many(3, () => submitRead(proxy, 'fresh', 'syncSchedule', day))
  expect(await proxy.ended(running)).toMatchObject(newest)
  const records = await Promise.all(later.map((id) => proxy.ended(id)))
  expect(records.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'upstream'])
  expect(await calls('GetAppointments')).toBe(2)
})

test('twenty browsers that ask for the same schedule at once cost one upstream call', async () => {
  await Promise.all([start(), start()])
  await simulator.misbehave({ kind: 'latency', delayMs: 300 })
  const ids = await many(20, () => submitRead(proxy, 'prefer', 'syncSchedule', day))
  const records = await Promise.all(ids.map((id) => proxy.ended(id)))
  expect(records.every(({ status, attempts }) => status === 'success' && attempts <= 1)).toBe(true)
  expect(await calls('GetAppointments')).toBe(1)
}, 30_000)

test('twenty that press Refresh at once cost two: one for those before the call began, one for the rest', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 300 })
  const ids = await many(20, () => submitRead(proxy, 'fresh', 'syncSchedule', day))
  const records = await Promise.all(ids.map((id) => proxy.ended(id)))
  expect(records.every(({ status }) => status === 'success')).toBe(true)
  expect(await calls('GetAppointments')).toBeLessThanOrEqual(2)
}, 30_000)

test('a call that takes longer than requests wait for it burns none of their attempts', async () => {
  await proxy.close()
  proxy = await start({ TEBRA_TIMEOUT_MS: '8000' })
  await simulator.misbehave({ kind: 'latency', delayMs: 3_600, operation: 'GetProviders', times: 1 })
  const ids = await many(3, () => submitRead(proxy, 'prefer', 'getProviders'))
  const records = await Promise.all(ids.map((id) => proxy.ended(id)))
  expect(records.map(({ status }) => status)).toEqual(['success', 'success', 'success'])
  expect(records.map(({ attempts }) => attempts).sort()).toEqual([0, 0, 1])
  expect(
    records.flatMap(({ timeline }) => timeline).some(({ reason }) => reason === 'same-read-under-way'),
  ).toBe(true)
  expect(await calls('GetProviders')).toBe(1)
}, 30_000)

test.each(['createAppointment', 'updateAppointment', 'updateAppointmentStatus'] as const)(
  'after %s the schedule is asked for anew, while the providers are not',
  async (action) => {
    const made = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
    const appointmentId = Appointment.parse(made.data).id
    await Promise.all([read(proxy, 'prefer', 'syncSchedule', day), read(proxy, 'prefer', 'getProviders')])
    const change = {
      createAppointment: { ...appointment, start: '2026-12-01T17:00:00Z', end: '2026-12-01T17:15:00Z' },
      updateAppointment: { appointmentId, notes: 'Bring the forms' },
      updateAppointmentStatus: { appointmentId, status: 'confirmed' },
    }[action]
    const changed = await proxy.ended((await proxy.submit(action, change)).id)
    const after = await read(proxy, 'prefer', 'syncSchedule', day)
    expect(after).toMatchObject(newest)
    expect(shownIn(after)).toContain(Appointment.parse(changed.data).id)
    expect(await read(proxy, 'prefer', 'getProviders')).toMatchObject({ source: 'cache' })
  },
)

test('a write whose fate is uncertain voids what was cached', async () => {
  await read(proxy, 'prefer', 'syncSchedule', day)
  await simulator.misbehave(
    { kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 },
    { kind: 'malformed-xml', operation: 'GetAppointments', times: 1 },
  )
  const written = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(written.status).toBe('uncertain')
  await simulator.misbehave()
  expect(await read(proxy, 'prefer', 'syncSchedule', day)).toMatchObject(newest)
})

test('a write that surely did not land voids nothing', async () => {
  await read(proxy, 'prefer', 'getAppointments', { fromDate: '2026-12-01', toDate: '2026-12-01' })
  const refused = await proxy.submit('createAppointment', { ...appointment, patientId: '999999999' })
  expect((await proxy.ended(refused.id)).status).toBe('error')
  const after = await read(proxy, 'prefer', 'getAppointments', {
    fromDate: '2026-12-01',
    toDate: '2026-12-01',
  })
  expect(after).toMatchObject({ source: 'cache' })
})

test('the answer to a read that was under way when a write landed is not kept', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 700, operation: 'GetAppointments', times: 1 })
  const running = await submitRead(proxy, 'prefer', 'syncSchedule', day)
  await until('it is under way', async () => (await calls('GetAppointments')) === 1)
  const written = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(written.status).toBe('success')
  expect((await proxy.ended(running, 0)).status).toBe('processing')
  expect((await proxy.ended(running)).status).toBe('success')
  const after = await read(proxy, 'prefer', 'syncSchedule', day)
  expect(after).toMatchObject(newest)
  expect(shownIn(after)).toContain(Appointment.parse(written.data).id)
})

test('another practice never gets an answer that is not its own, not even one that is put under its key', async () => {
  await read(proxy, 'prefer', 'getProviders')
  const stranger = await proxy.signIn({ roles: ['front-desk'], practiceId: 'other-clinic' })
  const readAsStranger = async () => {
    const id = await submitRead(proxy, 'prefer', 'getProviders', {}, stranger)
    return (await proxy.request(`/tebra/requests/${id}?wait=10`, { as: stranger })).json()
  }
  expect(await readAsStranger()).toMatchObject(newest)
  const theirs = await entryOf(redis, 'getProviders', 'other-clinic')
  await redis.redis.copy(await entryOf(redis, 'getProviders'), theirs, 'REPLACE')
  expect(await readAsStranger()).toMatchObject({ status: 'success', ...newest })
  expect(await readAsStranger()).toMatchObject({ source: 'cache' })
  expect(await calls('GetProviders')).toBe(3)
})

test('no name, no search and no id of a patient stands in Redis, in a key or in a value', async () => {
  const { data } = await read(proxy, 'prefer', 'getPatient', { patientId: '10001' })
  const { firstName, lastName } = data as Patient
  const search = { lastName, firstName }
  expect((await read(proxy, 'prefer', 'searchPatients', search)).data).toContainEqual(data)
  await entryOf(redis, 'searchPatients')
  const everything = JSON.stringify(await readRedis(redis.redis))
  for (const secret of [lastName, `"${firstName}"`, ':10001', '"10001"'])
    expect(everything).not.toContain(secret)
})

test('everything the cache writes ends by itself', async () => {
  await read(proxy, 'prefer', 'syncSchedule', day)
  await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  await read(proxy, 'allow-stale', 'getPatient', { patientId: '10001' })
  const keys = await redis.redis.keys('{tebra}:cache*')
  expect(keys.length).toBeGreaterThan(4)
  for (const key of keys) expect([key, (await redis.redis.pttl(key)) > 0]).toEqual([key, true])
  expect(await flights(redis)).toEqual([])
})

test('the same idempotency key with another cache mode is another request', async () => {
  const headers = { 'Idempotency-Key': 'front-desk-0001' }
  const submit = (cache: string) =>
    proxy.post('/tebra/requests', { action: 'getProviders', cache }, { headers })
  expect((await submit('prefer')).status).toBe(202)
  expect((await submit('prefer')).status).toBe(202)
  const other = await submit('fresh')
  expect(other.status).toBe(409)
  expect(Problem.parse(await other.json()).code).toBe('idempotency-conflict')
})
