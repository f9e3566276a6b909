import { expect, test } from 'vitest'
import { demoAccount } from '../accounts.ts'
import { phpPath } from '../app.ts'
import { createCaller } from '../test-caller.ts'

const day = { fromDate: '2026-03-10', toDate: '2026-03-10' }

test('success replies carry no JSON content type', async () => {
  const { status, type, body } = await createCaller().php('health')
  expect([status, type, body.success]).toEqual([200, 'text/html; charset=UTF-8', true])
  expect((await createCaller().php('getHealthStatus')).body.data.status).toBe('healthy')
})

test('some actions wrap the result, others do not', async () => {
  const { php } = createCaller()
  expect(
    (await php('getAppointments', day)).body.data.GetAppointmentsResult.Appointments.AppointmentData.length,
  ).toBeGreaterThan(20)
  expect((await php('getProviders')).body.data.GetProvidersResult.Providers.ProviderData).toHaveLength(4)
  expect((await php('searchPatients', { lastName: 'Å' })).body.data.Patients.PatientData.LastName).toBe(
    'Ångholt-Çelmere',
  )
  expect((await php('getPatient', { patientId: 10_003 })).body.data.ID).toBe('10003')
  expect((await php('testConnection')).body.data.success).toBe(true)
})

test('throttling hides behind HTTP 200 and an outer success', async () => {
  const { php, state } = createCaller()
  state.limits.configure({ scale: 1 })
  await php('searchPatients', { lastName: 'a' })
  const { status, body } = await php('searchPatients', { lastName: 'a' })
  expect([status, body.success, body.data.success]).toEqual([200, true, false])
  expect(body.data.error).toMatch(/^429: GetPatients endpoint requested more than allowed/)
  await php('getAppointments', day)
  const raw = (await php('getAppointments', day)).body.data
  expect([raw.success, raw.GetAppointmentsResult.ErrorResponse.IsError]).toEqual([undefined, true])
})

test('a refused authentication hides behind HTTP 200 and an outer success', async () => {
  const { php, state } = createCaller()
  state.faults.add([{ kind: 'authentication-lapse' }])
  const inner = (await php('getProviders')).body
  expect([inner.success, inner.data.success, inner.data.error]).toEqual([
    true,
    false,
    expect.stringContaining('authentication failed'),
  ])
  const { GetAppointmentsResult: result } = (await php('getAppointments', day)).body.data
  expect([result.Appointments, result.ErrorResponse.IsError, result.SecurityResponse.Authenticated]).toEqual([
    null,
    false,
    false,
  ])
})

test('createAppointment and updateAppointment always end in a soap_fault and write nothing', async () => {
  const { php, state } = createCaller()
  for (const action of ['createAppointment', 'updateAppointment']) {
    const { status, body, type } = await php(action, { appointmentData: { patientId: '10001' } })
    expect([status, body.type, type]).toEqual([503, 'soap_fault', 'application/json'])
    expect((await php(action)).body.type).toBe('validation_error')
  }
  expect(state.counters.counts().writes.total).toBe(0)
})

test('getPatient answers an unknown id with the first row of an unfiltered list', async () => {
  const { php } = createCaller()
  expect((await php('getPatient', { patientId: '424242' })).body.data.ID).toBe('10001')
})

test('syncSchedule uses a UTC day and its count is wrong', async () => {
  const { php, soap, setNow } = createCaller()
  // 21:30 in New York: already tomorrow in UTC.
  setNow(Date.UTC(2026, 2, 11, 1, 30))
  const { body } = await php('syncSchedule')
  expect(body.data.date).toBe('2026-03-11')
  expect(body.data.count).not.toBe(body.data.appointments.length)
  expect((await php('syncSchedule', { date: '2026-03-09' })).body.data.date).toBe('2026-03-09')
  expect((await php('syncSchedule', { date: 'today' })).status).toBe(400)
  expect((await soap('GetThrottles', '')).status).toBe(200)
})

test('an outage is a bare 500 that is no JSON', async () => {
  const { app, state } = createCaller()
  state.faults.add([{ kind: 'outage', form: 'php' }])
  const response = await app.request(phpPath, { method: 'POST', body: '{}' })
  expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
})

test('a broken service behind it is a soap_fault', async () => {
  const { php, state } = createCaller()
  state.faults.add([{ kind: 'internal-service-fault', times: 1 }])
  expect((await php('getProviders')).body).toMatchObject({ success: false, type: 'soap_fault' })
  state.faults.add([{ kind: 'malformed-xml', times: 1 }])
  expect((await php('getProviders')).body.error).toBe('looks like we got no XML document')
  expect((await php('getProviders')).body.success).toBe(true)
})

test('refuses a wrong key, another method, broken JSON and unknown actions by type', async () => {
  const { php, app } = createCaller()
  const key = { 'X-API-Key': 'demo-php-key' }
  const wrong = await php('health', {}, { 'X-API-Key': 'x', 'X-Correlation-Id': 'c-9' })
  expect([wrong.status, wrong.body.type, wrong.body.correlation_id]).toEqual([
    401,
    'authentication_error',
    'c-9',
  ])
  const get = await app.request(phpPath)
  expect([get.status, (await get.json()).type]).toEqual([405, 'method_error'])
  const broken = await app.request(phpPath, { method: 'POST', body: '{', headers: key })
  expect([broken.status, (await broken.json()).type]).toEqual([400, 'json_error'])
  for (const body of [
    '{}',
    '[]',
    '{"action":"toString"}',
    '{"action":"getPatient"}',
    '{"action":"getAppointments","params":{"fromDate":"3/1/2026","toDate":"x"}}',
  ]) {
    const response = await app.request(phpPath, { method: 'POST', body, headers: key })
    expect([response.status, (await response.json()).type]).toEqual([400, 'validation_error'])
  }
})

test('lets everyone in without a configured key, and nobody without credentials', async () => {
  const { phpApiKey: _, ...open } = demoAccount
  expect(
    (await createCaller({ accounts: [open] }).php('getProviders', {}, { 'X-API-Key': 'x' })).body.success,
  ).toBe(true)
  const { status, body } = await createCaller({ accounts: [] }).php('health')
  expect([status, body.type]).toEqual([500, 'configuration_error'])
})
