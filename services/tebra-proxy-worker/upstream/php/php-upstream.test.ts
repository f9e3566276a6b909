import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ActionName, actions } from '#lib/contract/actions.ts'
import { demoAccount } from '../../../../loadtest/simulator/accounts.ts'
import { createSimulator, phpPath, soapPath } from '../../../../loadtest/simulator/app.ts'
import type { FaultRule } from '../../../../loadtest/simulator/faults.ts'
import { createSoapUpstream } from '../soap/soap-upstream.ts'
import {
  clinicMorning,
  demoCredentials,
  failureOf,
  type Rig,
  serveUpstream,
} from '../testing/serve-upstream.ts'
import type { TebraCredentials, UpstreamDeps } from '../upstream.ts'
import { createPhpUpstream } from './php-upstream.ts'

let simulated: ReturnType<typeof createSimulator>
let rig: Rig

const clock = {
  now: () => clinicMorning,
  sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
}

function start(credentials: TebraCredentials = demoCredentials) {
  const { timeZone } = credentials
  simulated = createSimulator({ clock, seed: 'clinic', timeZone, accounts: [demoAccount] })
  simulated.state.limits.configure({ scale: 0 })
  rig = serveUpstream(simulated.app, phpPath, {
    credentialsOf: () => credentials,
    timeoutMs: 400,
    answerBytesMax: 1_000_000,
  })
}

beforeEach(() => start())
afterEach(() => rig.stop())

const run = <A extends ActionName>(action: A, params: unknown, deps: Partial<UpstreamDeps> = {}) =>
  createPhpUpstream({ ...rig.deps, ...deps }).perform({ ...rig.context, action, params })

const day = { fromDate: '2026-11-20', toDate: '2026-11-20' }

describe('what it offers', () => {
  test.each<[ActionName, object, string]>([
    ['testConnection', {}, 'GetPractices'],
    ['healthCheck', {}, 'GetPractices'],
    ['getPatient', { patientId: '10001' }, 'GetPatient'],
    ['searchPatients', { lastName: "O'Brinfell" }, 'GetPatients'],
    ['searchPatients', { lastName: 'a', firstName: 'a' }, 'GetPatients'],
    ['getProviders', {}, 'GetProviders'],
    ['getAppointments', day, 'GetAppointments'],
    ['syncSchedule', {}, 'GetAppointments'],
  ])('%s %j is what the contract says, within the limit of %s', async (action, params, operation) => {
    const result = await run(action, params)
    expect(actions[action].result.parse(result)).toEqual(result)
    expect(rig.admitted).toEqual([operation])
    expect(simulated.state.counters.calls()[0]?.correlationId).toBe(rig.context.correlationId)
  })

  test.each<[ActionName, object]>([
    ['getPatient', { patientId: '10006' }],
    ['searchPatients', { lastName: 'Less<than' }],
    ['getProviders', {}],
    ['getAppointments', day],
    ['getAppointments', { fromDate: '2026-10-30', toDate: '2026-11-02', patientId: '10007' }],
    ['syncSchedule', { date: '2026-11-01' }],
    ['syncSchedule', { date: '2026-03-08' }],
  ])('%s %j gives the same as the SOAP form', async (action, params) => {
    const soap = createSoapUpstream({ ...rig.deps, endpoint: new URL(soapPath, rig.deps.endpoint) })
    expect(await run(action, params)).toEqual(await soap.perform({ ...rig.context, action, params }))
  })

  test('asks for 90 days in windows of at most 30', async () => {
    const params = { fromDate: '2026-09-01', toDate: '2026-11-29' }
    await run('getAppointments', params, { answerBytesMax: 4_000_000, timeoutMs: 2000 })
    expect(rig.admitted).toEqual(Array(3).fill('GetAppointments'))
  })

  test('finds an appointment by patient, instant and provider', async () => {
    const upstream = createPhpUpstream(rig.deps)
    const { appointments } = await run('syncSchedule', {})
    const live = appointments.find(({ status }) => status !== 'cancelled')
    const key = {
      patientId: live?.patientId ?? '',
      start: live?.start ?? '',
      providerId: live?.providerId ?? '',
    }
    expect(await upstream.findAppointment(key, rig.context)).toEqual(live)
    expect(await upstream.findAppointment({ ...key, providerId: '999' }, rig.context)).toBeUndefined()
  })
})

describe('what it does not offer', () => {
  test.each<[ActionName, string]>([
    ['createAppointment', 'read-only-upstream'],
    ['updateAppointment', 'read-only-upstream'],
    ['updateAppointmentStatus', 'read-only-upstream'],
    ['getPatients', 'not-offered-by-php'],
    ['getPractices', 'not-offered-by-php'],
    ['getServiceLocations', 'not-offered-by-php'],
    ['getAppointmentReasons', 'not-offered-by-php'],
  ])('%s is refused as %s and never sent', async (action, reason) => {
    expect(await failureOf(run(action, {}))).toMatchObject({
      kind: 'permanent',
      reason,
      countsAsFailure: false,
    })
    expect(simulated.state.counters.counts().total).toBe(0)
  })

  test('a search without a last name, and one appointment by its id', async () => {
    expect(await failureOf(run('searchPatients', { firstName: 'Orla' }))).toMatchObject({
      reason: 'not-offered-by-php',
    })
    const upstream = createPhpUpstream(rig.deps)
    expect(await failureOf(upstream.appointmentNow('1', rig.context))).toMatchObject({
      reason: 'not-offered-by-php',
    })
    expect(upstream.throttles).toBeUndefined()
  })
})

describe('each way it misbehaves', () => {
  test.each<[FaultRule['kind'], object]>([
    ['outage', { kind: 'transient', reason: 'server-error', countsAsFailure: true }],
    ['reset', { kind: 'transient', reason: 'connection-lost', countsAsFailure: true }],
    ['hang', { kind: 'transient', reason: 'timed-out', countsAsFailure: true }],
    ['slow-drip', { kind: 'transient', reason: 'timed-out', countsAsFailure: true }],
    [
      'internal-service-fault',
      { kind: 'transient', reason: 'internal-service-fault', countsAsFailure: true },
    ],
    ['throttled', { kind: 'throttled', throttledMs: 1000, countsAsFailure: false }],
    ['authentication-lapse', { kind: 'authentication', reason: 'wrong-credentials', countsAsFailure: false }],
    ['malformed-xml', { kind: 'transient', reason: 'internal-service-fault', countsAsFailure: true }],
    ['huge-answer', { kind: 'malformed', reason: 'answer-too-large', countsAsFailure: false }],
  ])('%s', async (kind, expected) => {
    simulated.state.faults.add([{ kind }])
    expect(await failureOf(run('syncSchedule', {}))).toMatchObject(expected)
    expect(await failureOf(run('searchPatients', { lastName: 'a' }))).toMatchObject(expected)
  })

  test('never returns another patient than the one asked for', async () => {
    // It answers an unknown id with the first row of a list that nothing narrowed.
    expect(await failureOf(run('getPatient', { patientId: '1' }))).toMatchObject({
      kind: 'permanent',
      reason: 'wrong-patient',
    })
    simulated.state.faults.add([{ kind: 'wrong-patient' }])
    expect(await failureOf(run('getPatient', { patientId: '10001' }))).toMatchObject({
      reason: 'wrong-patient',
    })
  })

  test('is not connected, rather than failed, with a wrong key or none', async () => {
    const { phpApiKey: _none, ...keyless } = demoCredentials
    for (const credentials of [keyless, { ...keyless, phpApiKey: 'wrong' }]) {
      const deps = { credentialsOf: () => credentials }
      expect(await run('testConnection', {}, deps)).toEqual({ connected: false, form: 'php' })
      expect(await failureOf(run('getProviders', {}, deps))).toMatchObject({ reason: 'wrong-credentials' })
    }
    expect(await run('testConnection', {})).toEqual({ connected: true, form: 'php' })
  })
})
