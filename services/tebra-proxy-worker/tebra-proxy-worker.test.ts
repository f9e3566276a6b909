import { beforeEach, expect, test } from 'vitest'
import { verifyAudit } from '#lib/audit/verify.ts'
import { actionNames } from '#lib/contract/actions.ts'
import type { Schedule } from '#lib/contract/clinic.ts'
import { Problem } from '#lib/contract/problem.ts'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys, sessionKeys } from '#lib/redis/keys.ts'
import { testSecrets } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from './testing/clinic.ts'
import type { StartedProxy } from './testing/proxy.ts'

const { redis, simulator, start } = clinicForEachTest()
let proxy: StartedProxy
beforeEach(async () => {
  proxy = await start()
})

const appointment = {
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: '2026-12-01T15:00:00Z',
  end: '2026-12-01T15:30:00Z',
}
const statuses = (record: { timeline: { status: string }[] }) => record.timeline.map(({ status }) => status)
const problemOf = async (answer: Response) => Problem.parse(await answer.json())

test('an accepted request is worked off and its result stands in the record', async () => {
  const { id } = await proxy.submit('syncSchedule', { date: '2026-12-01' })
  const record = await proxy.ended(id)
  expect(record).toMatchObject({ status: 'success', attempts: 1, action: 'syncSchedule' })
  expect((record.data as Schedule).appointments.length).toBeGreaterThan(20)
  expect(statuses(record)).toEqual(['pending', 'processing', 'success'])
})

test('every action of the catalogue ends in success against a healthy upstream', async () => {
  const created = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  const appointmentId = (created.data as { id: string }).id
  const params: Record<string, object> = {
    getPatient: { patientId: '10001' },
    searchPatients: { lastName: 'a' },
    getAppointments: { fromDate: '2026-12-01', toDate: '2026-12-02' },
    createAppointment: { ...appointment, start: '2026-12-02T15:00:00Z', end: '2026-12-02T15:30:00Z' },
    updateAppointment: { appointmentId, notes: 'Bring the forms' },
    updateAppointmentStatus: { appointmentId, status: 'confirmed' },
  }
  const submitted = await Promise.all(actionNames.map((name) => proxy.submit(name, params[name] ?? {})))
  const records = await Promise.all(submitted.map(({ id }) => proxy.ended(id)))
  expect(records.map(({ action, status, error }) => ({ action, status, error }))).toEqual(
    actionNames.map((action) => ({ action, status: 'success', error: undefined })),
  )
}, 30_000)

test('the same idempotency key and body is one request; another body under that key is refused', async () => {
  const headers = { 'Idempotency-Key': 'front-desk-0001' }
  const first = await proxy.submit('createAppointment', appointment, headers)
  const again = await proxy.submit('createAppointment', appointment, headers)
  expect(again.id).toBe(first.id)
  await proxy.ended(first.id)
  expect((await simulator.counts()).writes.total).toBe(1)

  const other = await proxy.post('/tebra/requests', { action: 'getProviders' }, { headers })
  expect(other.status).toBe(409)
  expect(await problemOf(other)).toMatchObject({ code: 'idempotency-conflict' })
})

test('wrong params are named by their path and nothing is queued', async () => {
  const answer = await proxy.post('/tebra/requests', {
    action: 'getPatient',
    params: { patientId: 'x', more: 1 },
  })
  expect(answer.status).toBe(422)
  const { errors } = await problemOf(answer)
  expect(errors?.map(({ path }) => path).sort()).toEqual(['params', 'params.patientId'])
  expect(await redis.redis.xlen(queueKeys.requests)).toBe(0)
})

test('without the permission of an action a request is refused, and an operator cannot read its result', async () => {
  const clinician = await proxy.signIn({ roles: ['clinician'] })
  const refused = await proxy.post(
    '/tebra/requests',
    { action: 'createAppointment', params: appointment },
    { as: clinician },
  )
  expect(refused.status).toBe(403)

  const { id } = await proxy.submit('getProviders')
  await proxy.ended(id)
  const operator = await proxy.signIn({ roles: ['operator'] })
  const seen = await (await proxy.request(`/tebra/requests/${id}`, { as: operator })).json()
  expect(seen).toMatchObject({ status: 'success' })
  expect(seen).not.toHaveProperty('data')
})

test('another practice or another user finds nothing under a request’s id', async () => {
  const { id } = await proxy.submit('getProviders')
  const colleague = await proxy.signIn({ roles: ['front-desk'] })
  const stranger = await proxy.signIn({ roles: ['admin'], practiceId: 'other-clinic' })
  for (const as of [colleague, stranger])
    expect((await proxy.request(`/tebra/requests/${id}`, { as })).status).toBe(404)
})

test('a requester who loses the permission while a request waits gets nothing done', async () => {
  await simulator.misbehave({ kind: 'throttled', operation: 'GetProviders' })
  const { id } = await proxy.submit('getProviders')
  await until('it waits', async () => (await proxy.ended(id, 0)).status === 'retrying')
  await redis.redis.hset(sessionKeys.roles(proxy.session.practiceId), 'front-desk', 'flow:write')
  expect(await proxy.ended(id)).toMatchObject({ status: 'error', error: { code: 'forbidden' } })
})

test('a failing upstream is tried again with back-off until it answers', async () => {
  await simulator.misbehave({ kind: 'internal-service-fault', operation: 'GetProviders', times: 2 })
  const record = await proxy.ended((await proxy.submit('getProviders')).id)
  expect(record).toMatchObject({ status: 'success', attempts: 3 })
  expect(statuses(record).filter((status) => status === 'retrying')).toHaveLength(2)
})

test('a request that fails in every attempt becomes a dead letter, and a requeue brings it through', async () => {
  await simulator.misbehave({ kind: 'malformed-xml', operation: 'GetProviders' })
  const { id } = await proxy.submit('getProviders')
  const operator = await proxy.signIn({ roles: ['operator'] })
  await until('it is dead', async () => (await proxy.ended(id, 1)).status === 'dead', 20_000)
  const listed = (await (await proxy.request('/tebra/dead-letters', { as: operator })).json()) as {
    deadLetters: { id: string }[]
  }
  expect(listed.deadLetters.map((record) => record.id)).toEqual([id])

  await simulator.misbehave()
  const requeued = await proxy.post(`/tebra/dead-letters/${id}/requeue`, {}, { as: operator })
  expect(requeued.status).toBe(200)
  expect(await proxy.ended(id)).toMatchObject({ status: 'success', attempts: 1 })
}, 30_000)

test('an operator settles a dead letter with a note; a second time there is nothing to settle', async () => {
  await simulator.misbehave({ kind: 'malformed-xml', operation: 'GetProviders' })
  const { id } = await proxy.submit('getProviders')
  await until('it is dead', async () => (await proxy.ended(id, 1)).status === 'dead', 20_000)
  const operator = await proxy.signIn({ roles: ['operator'] })
  const settle = () =>
    proxy.post(
      `/tebra/dead-letters/${id}/resolve`,
      { outcome: 'error', note: 'not needed' },
      { as: operator },
    )
  expect((await settle()).status).toBe(200)
  expect((await settle()).status).toBe(409)
})

test('throttling pauses without spending an attempt', async () => {
  await simulator.misbehave({ kind: 'throttled', operation: 'GetProviders', times: 2 })
  const record = await proxy.ended((await proxy.submit('getProviders')).id)
  expect(record).toMatchObject({ status: 'success', attempts: 1 })
  expect(record.timeline.some(({ reason }) => reason === 'throttled')).toBe(true)
})

test('a create whose answer never came is found by query and written once', async () => {
  await simulator.misbehave({ kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 })
  const record = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(record.status).toBe('success')
  expect(record.data).toMatchObject({ patientId: '10001', start: '2026-12-01T15:00:00.000Z' })
  expect((await simulator.counts()).writes.total).toBe(1)
})

test('a create that surely did not land is sent once more', async () => {
  await simulator.misbehave({ kind: 'hang', operation: 'CreateAppointment', times: 1 })
  const record = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(record.status).toBe('success')
  expect((await simulator.counts()).writes.total).toBe(1)
})

test('a create that lands only after its time-out is not sent again', async () => {
  await simulator.misbehave({ kind: 'latency', operation: 'CreateAppointment', delayMs: 1_500, times: 1 })
  const record = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(record).toMatchObject({ status: 'success', attempts: 1 })
  expect(record.timeline.some(({ reason }) => reason === 'unseen')).toBe(true)
  expect((await simulator.counts()).byOperation.CreateAppointment).toBe(1)
})

test('a create that cannot be asked about is parked as uncertain and never sent again', async () => {
  await simulator.misbehave(
    { kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 },
    { kind: 'malformed-xml', operation: 'GetAppointments' },
  )
  const record = await proxy.ended((await proxy.submit('createAppointment', appointment)).id)
  expect(record).toMatchObject({ status: 'uncertain', error: { code: 'unclear-write' } })
  expect((await simulator.counts()).byOperation.CreateAppointment).toBe(1)
})

test('an open breaker lets requests wait without burning attempts, and they end when the upstream is back', async () => {
  await simulator.misbehave({ kind: 'outage' })
  const submitted = await Promise.all(Array.from({ length: 8 }, () => proxy.submit('getPractices')))
  const operator = await proxy.signIn({ roles: ['operator'] })
  const state = async () =>
    (
      (await (await proxy.request('/tebra/status', { as: operator })).json()) as {
        breaker: { state: string }
      }
    ).breaker.state
  await until('the breaker is open', async () => (await state()) === 'open')
  expect((await proxy.post('/tebra/requests', { action: 'getPractices' })).status).toBe(202)

  await simulator.misbehave()
  const records = await Promise.all(submitted.map(({ id }) => proxy.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  await until('the breaker is closed', async () => (await state()) === 'closed')
}, 40_000)

test('a request is cancelled before its call, and not after', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 700, operation: 'GetProviders' })
  const running = await proxy.submit('getProviders')
  await until(
    'it is being sent',
    async () => (await redis.redis.hget(queueKeys.request(running.id), 'intent')) === 'sending',
  )
  expect((await proxy.post(`/tebra/requests/${running.id}/cancel`, {})).status).toBe(409)
  await proxy.ended(running.id)
  expect(await problemOf(await proxy.post(`/tebra/requests/${running.id}/cancel`, {}))).toMatchObject({
    code: 'already-ended',
  })

  await simulator.misbehave({ kind: 'throttled', operation: 'GetPractices' })
  const waiting = await proxy.submit('getPractices')
  await until('it waits', async () => (await proxy.ended(waiting.id, 0)).status === 'retrying')
  expect((await proxy.post(`/tebra/requests/${waiting.id}/cancel`, {})).status).toBe(200)
  expect(await proxy.ended(waiting.id)).toMatchObject({ status: 'cancelled' })
})

test('past the byte budget the intake answers queue-full and what is in flight still ends', async () => {
  await proxy.close()
  proxy = await start({ QUEUE_BYTES_MAX: '6000' })
  await simulator.misbehave({ kind: 'latency', delayMs: 500 })
  const accepted = await Promise.all([proxy.submit('getProviders'), proxy.submit('getProviders')])
  const refused = await proxy.post('/tebra/requests', { action: 'getProviders' })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('Retry-After')).toBe('10')
  expect(await problemOf(refused)).toMatchObject({ code: 'queue-full' })
  for (const { id } of accepted) expect((await proxy.ended(id)).status).toBe('success')
  expect(Number(await redis.redis.get(queueKeys.bytes))).toBe(0)
})

test('an operator sees queue, limiter, breaker, Redis and the worker', async () => {
  const operator = await proxy.signIn({ roles: ['operator'] })
  await until('the worker has reported', async () => (await redis.redis.zcard(fleetKeys.workers)) === 1)
  const status = await (await proxy.request('/tebra/status', { as: operator })).json()
  expect(status).toMatchObject({
    upstream: 'soap',
    breaker: { state: 'closed' },
    queue: { depth: 0, pending: 0, delayed: 0, dead: 0 },
    redis: { status: 'healthy' },
    workers: [{ inFlight: 0 }],
  })
})

test('history lists the caller’s own requests newest first, by status and action', async () => {
  const first = await proxy.submit('getProviders')
  const second = await proxy.submit('getPractices')
  await Promise.all([proxy.ended(first.id), proxy.ended(second.id)])
  const list = async (query: string) =>
    (
      (await (await proxy.request(`/tebra/requests${query}`)).json()) as { requests: { id: string }[] }
    ).requests.map(({ id }) => id)
  expect(await list('')).toEqual([second.id, first.id])
  expect(await list('?action=getProviders')).toEqual([first.id])
  expect(await list('?status=dead')).toEqual([])
})

test('the audit chain of all this is intact, and neither params nor results stand in Redis in the clear', async () => {
  const { id } = await proxy.submit('createAppointment', { ...appointment, notes: 'planted-secret-note' })
  await proxy.ended(id)
  await until('the end is audited', async () => (await redis.redis.xlen('{audit:test-clinic}:log')) >= 2)
  expect(await verifyAudit(redis.redis, testSecrets.AUDIT_KEY, 'test-clinic')).toMatchObject({ intact: true })
  const dump = JSON.stringify([
    await redis.redis.hgetall(queueKeys.request(id)),
    await redis.redis.xrange(queueKeys.responses, '-', '+'),
    await redis.redis.xrange(queueKeys.status, '-', '+'),
    await redis.redis.xrange('{audit:test-clinic}:log', '-', '+'),
  ])
  expect(dump).not.toContain('planted-secret-note')
})

test('what a stopped worker had in hand is finished by the next one', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 300 })
  const submitted = await Promise.all(Array.from({ length: 6 }, () => proxy.submit('getPractices')))
  await proxy.close()
  proxy = await start()
  const operator = await proxy.signIn({ roles: ['operator'] })
  const recordOf = async (id: string) =>
    (await (await proxy.request(`/tebra/requests/${id}?wait=20`, { as: operator })).json()) as {
      status: string
    }
  const records = await Promise.all(submitted.map(({ id }) => recordOf(id)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
}, 30_000)

test('a Redis that is killed and comes back finds every accepted request and the worker goes on', async () => {
  await simulator.misbehave({ kind: 'latency', delayMs: 400 })
  const submitted = await Promise.all(Array.from({ length: 5 }, () => proxy.submit('getPractices')))
  // appendfsync everysec: what was acknowledged a second ago is on disk.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await redis.crash()
  await until('the proxy is ready again', async () => (await proxy.request('/readyz')).status === 200)
  for (const { id } of submitted) expect((await proxy.ended(id)).status).toBe('success')
}, 40_000)

test('a create that may have landed is looked for when the breaker closes again, and not sent blindly', async () => {
  await proxy.close()
  proxy = await start({ BREAKER_FAILURES: '1', BREAKER_WAIT_MS: '400' })
  await simulator.misbehave({ kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 })
  const { id } = await proxy.submit('createAppointment', appointment)
  await until('it waits for the upstream', async () =>
    (await proxy.ended(id, 0)).timeline.some(({ reason }) => reason === 'upstream-unavailable'),
  )
  expect(await proxy.ended(id)).toMatchObject({ status: 'success' })
  expect((await simulator.counts()).byOperation.CreateAppointment).toBe(1)
}, 40_000)

test('a request that waits for its turn is not begun: it is cancelled and never sent', async () => {
  await redis.redis.set(queueKeys.limit('test-clinic', 'GetProviders'), String(Date.now() + 60_000))
  await redis.redis.set(queueKeys.limit('other-clinic', 'GetProviders'), String(Date.now() + 60_000))
  const { id } = await proxy.submit('getProviders')
  await until('a worker has it', async () => (await proxy.ended(id, 0)).status === 'processing')
  expect(await proxy.ended(id, 0)).toMatchObject({ attempts: 0 })
  expect((await proxy.post(`/tebra/requests/${id}/cancel`, {})).status).toBe(200)
  await redis.redis.del(
    queueKeys.limit('test-clinic', 'GetProviders'),
    queueKeys.limit('other-clinic', 'GetProviders'),
  )
  expect(await proxy.ended((await proxy.submit('getPractices')).id)).toMatchObject({ status: 'success' })
  expect((await simulator.counts()).byOperation.GetProviders).toBeUndefined()
})
