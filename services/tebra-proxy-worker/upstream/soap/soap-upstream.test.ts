import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actionNames, actions } from '#lib/contract/actions.ts'
import { demoAccount } from '../../../../loadtest/simulator/accounts.ts'
import { createSimulator, soapPath } from '../../../../loadtest/simulator/app.ts'
import {
  clinicMorning,
  demoCredentials,
  failureOf,
  type Rig,
  serveUpstream,
} from '../testing/serve-upstream.ts'
import type { TebraCredentials, Upstream, UpstreamDeps } from '../upstream.ts'
import { createSoapUpstream } from './soap-upstream.ts'

type Simulated = ReturnType<typeof createSimulator>

let simulated: Simulated
let rig: Rig
let upstream: Upstream

const clock = {
  now: () => clinicMorning,
  sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
}

function start(
  credentials: TebraCredentials = demoCredentials,
  accounts = [demoAccount],
  more: Partial<UpstreamDeps> = {},
) {
  simulated = createSimulator({ clock, seed: 'clinic', timeZone: credentials.timeZone, accounts })
  simulated.state.limits.configure({ scale: 0 })
  rig = serveUpstream(simulated.app, soapPath, { credentialsOf: () => credentials, ...more })
  upstream = createSoapUpstream(rig.deps)
}

beforeEach(() => start())
afterEach(async () => {
  // Whatever a test asked for, WCF read every member of it.
  const dropped = simulated.state.counters.calls().flatMap((call) => call.dropped ?? [])
  await rig.stop()
  expect(dropped).toEqual([])
})

const restart = async (...options: Parameters<typeof start>) => {
  await rig.stop()
  start(...options)
}
const perform: Upstream['perform'] = (call) => upstream.perform(call)
const calls = () => simulated.state.counters.calls()
const [patient] = createSimulator({ clock, seed: 'clinic', timeZone: 'UTC', accounts: [demoAccount] }).state
  .clinic.patients
const patientId = String(patient?.id)

const toCreate = (more: object = {}) =>
  actions.createAppointment.params.parse({
    patientId,
    providerId: '101',
    locationId: '11',
    reasonId: '1001',
    start: '2026-11-23T15:00:00Z',
    end: '2026-11-23T15:30:00Z',
    ...more,
  })

describe('every action', () => {
  test('gives what the contract says, by the operations it is known to call', async () => {
    const created = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const id = created.id
    const asked: Record<string, [params: object, operations: string[]]> = {
      testConnection: [{}, ['GetPractices']],
      healthCheck: [{}, ['GetCustomerIdFromKey']],
      getPatient: [{ patientId }, ['GetPatient']],
      searchPatients: [{ lastName: 'a' }, ['GetPatients']],
      getPatients: [{}, ['GetPatients']],
      getProviders: [{}, ['GetProviders']],
      getAppointments: [{ fromDate: '2026-11-20', toDate: '2026-11-21' }, ['GetAppointments']],
      createAppointment: [toCreate(), ['CreateAppointment', 'GetAppointment']],
      updateAppointment: [
        { appointmentId: id, notes: 'x' },
        ['GetAppointment', 'UpdateAppointment', 'GetAppointment'],
      ],
      updateAppointmentStatus: [
        { appointmentId: id, status: 'roomed' },
        ['UpdateAppointmentStatus', 'GetAppointment'],
      ],
      syncSchedule: [{}, ['GetAppointments']],
      getPractices: [{}, ['GetPractices']],
      getServiceLocations: [{}, ['GetServiceLocations']],
      getAppointmentReasons: [{}, ['GetAppointmentReasons']],
    }
    for (const action of actionNames) {
      const [params, operations] = asked[action] ?? [{}, []]
      rig.admitted.length = 0
      simulated.state.counters.reset()
      const result = await perform({ ...rig.context, action, params })
      expect(rig.admitted, action).toEqual(operations)
      expect(calls().map((call) => call.operation)).toEqual(operations)
      expect(calls().every((call) => call.correlationId === rig.context.correlationId)).toBe(true)
      expect(actions[action].result.parse(result), action).toEqual(result)
    }
  })
})

describe('reading', () => {
  test('gives a patient with every value it has and no property for what it has not', async () => {
    expect(await perform({ ...rig.context, action: 'getPatient', params: { patientId } })).toEqual({
      id: patientId,
      firstName: 'Orla',
      lastName: "O'Brinfell",
      dateOfBirth: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      gender: patient?.gender,
      phone: patient?.phone,
      email: patient?.email,
      practiceName: 'Larkmere Family Clinic',
    })
  })

  test('finds names with markup in them, by the same names', async () => {
    for (const [lastName, firstName] of [
      ['Less<than', 'Kelwyn'],
      [`D'Quill>wick`, 'Velora "Vee"'],
      ['Mossdale', 'Tam & Lee'],
      ['Ångholt-Çelmere', 'Jöran'],
    ]) {
      const found = await perform({
        ...rig.context,
        action: 'searchPatients',
        params: { lastName, firstName },
      })
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ lastName, firstName })
    }
  })

  test('narrows by date of birth, whose upper bound the vendor excludes', async () => {
    const all = await perform({ ...rig.context, action: 'getPatients', params: {} })
    const born = all[7]?.dateOfBirth
    const found = await perform({ ...rig.context, action: 'searchPatients', params: { dateOfBirth: born } })
    expect(found.map(({ id }) => id)).toEqual(
      all.filter((one) => one.dateOfBirth === born).map(({ id }) => id),
    )
    expect(found.length).toBeGreaterThan(0)
  })

  test('finds part of a full name in any case', async () => {
    const params = { fullName: 'tam & lee moss' }
    expect(await perform({ ...rig.context, action: 'getPatients', params })).toHaveLength(1)
  })

  test('asks for what changed since a day in windows the vendor accepts, and shows each patient once', async () => {
    const params = { modifiedSince: '2024-01-01T00:00:00Z' }
    const found = await perform({ ...rig.context, action: 'getPatients', params })
    expect(found).toHaveLength(64)
    expect(rig.admitted.length).toBeGreaterThan(30)
    const recent = { modifiedSince: new Date(clinicMorning).toISOString() }
    expect(await perform({ ...rig.context, action: 'getPatients', params: recent })).toEqual([])
  })

  test.each([
    ['America/New_York', '2026-11-20'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Asia/Kolkata', '2026-11-20'],
    ['Pacific/Auckland', '2026-11-20'],
  ])(
    'shows the whole local day of %s on %s and nothing else, each at its instant',
    async (timeZone, date) => {
      await restart({ ...demoCredentials, timeZone })
      const { appointments, ...day } = await perform({
        ...rig.context,
        action: 'syncSchedule',
        params: { date },
      })
      expect(day).toEqual({ date, timeZone, syncedAt: new Date(clinicMorning).toISOString() })
      const book = simulated.state.book
      const midnight = Date.parse(date)
      const truth = book
        .between([1], midnight - 86_400_000, midnight + 2 * 86_400_000)
        .filter((row) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(row.startMs) === date)
      expect(truth.length).toBeGreaterThan(20)
      expect(appointments.map(({ id, start, end }) => [id, Date.parse(start), Date.parse(end)])).toEqual(
        truth.map(({ id, startMs, endMs }) => [String(id), startMs, endMs]),
      )
      expect(appointments.every(({ status }) => status !== 'unknown')).toBe(true)
    },
  )

  test('takes the day it is at the clinic when none is named', async () => {
    await restart(demoCredentials, [demoAccount], {
      clock: { now: () => Date.parse('2026-11-21T03:00:00Z') },
    })
    expect(await perform({ ...rig.context, action: 'syncSchedule', params: {} })).toMatchObject({
      date: '2026-11-20',
    })
  })

  test('asks for 90 days in windows of at most 30 and shows each appointment once, in order', async () => {
    const params = { fromDate: '2026-09-01', toDate: '2026-11-29' }
    const found = await perform({ ...rig.context, action: 'getAppointments', params })
    // 28 + 28 days, five to the change of offset on 1 November, 28 and one.
    expect(rig.admitted).toEqual(Array(5).fill('GetAppointments'))
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
    expect(found.map(({ start }) => start)).toEqual(found.map(({ start }) => start).sort())
    expect(found.length).toBeGreaterThan(90 * 20)
  })

  test('narrows by patient and provider', async () => {
    const all = await perform({
      ...rig.context,
      action: 'getAppointments',
      params: { fromDate: '2026-11-20', toDate: '2026-11-20' },
    })
    const { providerName, patientId: who } = all[3] ?? {}
    const params = { fromDate: '2026-11-20', toDate: '2026-11-20', providerName, patientId: who }
    const found = await perform({ ...rig.context, action: 'getAppointments', params })
    expect(found).toEqual([all[3]])
  })

  test('keeps to the one practice that the credentials name, where the account has several', async () => {
    const account = { ...demoAccount, practiceIds: [1, 2] }
    await restart({ ...demoCredentials, practiceName: 'Thornwick & Dale Pediatrics' }, [account])
    const { appointments } = await perform({ ...rig.context, action: 'syncSchedule', params: {} })
    expect(appointments.length).toBeGreaterThan(20)
    expect(appointments.every(({ patientId: who }) => Number(who) > 20_000)).toBe(true)
    const failure = await failureOf(perform({ ...rig.context, action: 'getPatient', params: { patientId } }))
    expect(failure).toMatchObject({ kind: 'permanent', reason: 'not-found' })
    expect(await perform({ ...rig.context, action: 'getPractices', params: {} })).toEqual([
      { id: '2', name: 'Thornwick & Dale Pediatrics' },
    ])
  })

  test.each(['nil', 'empty', 'placeholder'] as const)(
    'reads no rows from an answer that is %s',
    async (mode) => {
      simulated.state.emptyMode = mode
      const params = { lastName: 'Nobody' }
      expect(await perform({ ...rig.context, action: 'searchPatients', params })).toEqual([])
    },
  )

  test('drops the placeholder before real rows', async () => {
    simulated.state.faults.add([{ kind: 'placeholder-rows' }])
    expect(await perform({ ...rig.context, action: 'getProviders', params: {} })).toHaveLength(4)
  })

  test('tells the vendor’s own intervals', async () => {
    simulated.state.limits.configure({ scale: 1, overrides: { GetPatients: 1500 } })
    const throttles = await upstream.throttles?.(rig.context)
    expect(throttles?.get('GetPatients')).toBe(1500)
    expect(throttles?.get('GetPatient')).toBe(250)
  })
})
