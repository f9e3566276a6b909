import { expect, test } from 'vitest'
import { demoAccount } from './accounts.ts'
import { createFaults } from './faults.ts'
import { all, createCaller, createXml, headerXml, listXml, testNow, textIn } from './test-caller.ts'

const day = () => listXml({ EndDate: '3/10/2026', StartDate: '3/10/2026', TimeZoneOffsetFromGMT: -4 })
const patient = () => `${headerXml()}<k:Filter><k:PatientID>10001</k:PatientID></k:Filter>`

test('latency is waited for on the clock, fixed or drawn from its percentiles', async () => {
  const waits: number[] = []
  const clock = { now: () => testNow, sleep: async (ms: number) => void waits.push(ms) }
  const { soap, state } = createCaller({ clock })
  state.faults.add([{ kind: 'latency', delayMs: 250, times: 1 }])
  await soap('GetPractices', listXml())
  expect(waits).toEqual([250])
  const { latencyMs } = createFaults('seed')
  const drawn = Array.from({ length: 2000 }, () =>
    latencyMs({ id: 'l', kind: 'latency', p50Ms: 400, p99Ms: 2000 }),
  )
  drawn.sort((a, b) => a - b)
  expect(drawn[1000]).toBeGreaterThan(350)
  expect(drawn[1000]).toBeLessThan(450)
  expect(drawn[1980]).toBeGreaterThan(1400)
  expect(drawn[1980]).toBeLessThan(2800)
  expect(latencyMs({ id: 'l', kind: 'latency' })).toBe(0)
})

test('an outage is HTTP 503 without XML and reaches no operation', async () => {
  const { soap, state } = createCaller()
  state.faults.add([{ kind: 'outage', form: 'soap', times: 2 }])
  expect((await soap('CreateAppointment', createXml())).status).toBe(503)
  expect((await soap('NoSuchThing', '')).status).toBe(503)
  expect(state.counters.counts().writes.total).toBe(0)
})

test('an InternalServiceFault is HTTP 500', async () => {
  const { soap, state } = createCaller()
  state.faults.add([{ kind: 'internal-service-fault', operation: 'getPractices', times: 1 }])
  expect((await soap('GetProviders', listXml())).status).toBe(200)
  const { status, text } = await soap('GetPractices', listXml())
  expect([status, text]).toEqual([500, expect.stringContaining('>a:InternalServiceFault<')])
})

test('throttling on demand names the interval of the table, even with limits off', async () => {
  const { soap, state } = createCaller()
  state.faults.add([{ kind: 'throttled', times: 1 }])
  expect((await soap('GetPatient', patient())).error).toMatch(/^429: GetPatient .* interval 250 milliseconds/)
})

test('an authentication lapse looks like an empty day and can concern one account', async () => {
  const other = { customerKey: 'k2', user: 'u2', password: 'p2', practiceIds: [1] }
  const { soap, state } = createCaller({ accounts: [demoAccount, other] })
  state.faults.add([{ kind: 'authentication-lapse', account: 'demo-key' }])
  const { status, isError, text, xml } = await soap('GetAppointments', day())
  expect([status, isError, textIn(xml, 'Authenticated')]).toEqual([200, 'false', 'false'])
  expect(text).toContain('<Appointments i:nil="true"/>')
  const fine = await soap('GetPractices', `${headerXml(other)}<k:Fields/><k:Filter/>`)
  expect(textIn(fine.xml, 'Authenticated')).toBe('true')
})

test('a placeholder row stands before the real ones and has an empty ID', async () => {
  const { soap, state } = createCaller()
  const plain = all((await soap('GetAppointments', day())).xml, 'AppointmentData')
  state.faults.add([{ kind: 'placeholder-rows' }])
  const rows = all((await soap('GetAppointments', day())).xml, 'AppointmentData')
  expect(rows).toHaveLength(plain.length + 1)
  expect(textIn(rows[0], 'ID')).toBe('')
})

test('an answer without rows is nil, empty or one placeholder', async () => {
  const { soap, control } = createCaller()
  const nobody = listXml({ FullName: 'zzz' })
  const look = async (empty: string) => {
    await control('POST', 'mode', { empty })
    return (await soap('GetPatients', nobody)).text
  }
  expect(await look('nil')).toContain('<Patients i:nil="true"/>')
  expect(await look('empty')).toContain('<Patients/>')
  expect(await look('placeholder')).toContain('<Patients><PatientData><ID/></PatientData></Patients>')
  await control('POST', 'mode', { empty: 'mixed' })
  const looks = await Promise.all(
    Array.from({ length: 20 }, async () => (await soap('GetPatients', nobody)).text),
  )
  expect(new Set(looks).size).toBe(3)
})

test('empty-nil hides the rows of a caller who is authenticated', async () => {
  const { soap, state } = createCaller()
  state.faults.add([{ kind: 'empty-nil', operation: 'any', times: 1 }])
  await soap('GetPatient', patient())
  const { text, xml } = await soap('GetAppointments', day())
  expect(text).toContain('<Appointments i:nil="true"/>')
  expect(textIn(xml, 'Authenticated')).toBe('true')
})

test('wrong-patient answers with somebody else', async () => {
  const { soap, php, state } = createCaller()
  state.faults.add([{ kind: 'wrong-patient', times: 2 }])
  await soap('GetPatients', listXml())
  const { xml, isError } = await soap('GetPatient', patient())
  expect([isError, textIn(xml, 'ID')]).toEqual(['false', '10002'])
  expect((await php('getPatient', { patientId: '10003' })).body.data.ID).toBe('10001')
  expect(textIn((await soap('GetPatient', patient())).xml, 'ID')).toBe('10001')
})

test('malformed XML is cut off within HTTP 200', async () => {
  const { soap, state } = createCaller()
  state.faults.add([{ kind: 'malformed-xml', times: 1 }])
  const { status, xml } = await soap('GetProviders', listXml())
  expect([status, xml]).toEqual([200, undefined])
})

test('probability comes from the seed', async () => {
  const run = () => {
    const faults = createFaults('seed')
    faults.add([{ kind: 'outage', probability: 0.3 }])
    return Array.from(
      { length: 200 },
      () => faults.take({ form: 'soap', names: ['GetPatient'] }).outage !== undefined,
    )
  }
  const met = run().filter(Boolean).length
  expect(met).toBeGreaterThan(35)
  expect(met).toBeLessThan(85)
  expect(run()).toEqual(run())
})
