import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ActionName, actions } from '#lib/contract/actions.ts'
import { demoAccount } from '../../../../loadtest/simulator/accounts.ts'
import { createSimulator, soapPath } from '../../../../loadtest/simulator/app.ts'
import type { FaultRule } from '../../../../loadtest/simulator/faults.ts'
import {
  clinicMorning,
  demoCredentials,
  failureOf,
  type Rig,
  serveUpstream,
} from '../testing/serve-upstream.ts'
import type { CallContext, UpstreamDeps } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { createSoapUpstream } from './soap-upstream.ts'

let simulated: ReturnType<typeof createSimulator>
let rig: Rig

const clock = {
  now: () => clinicMorning,
  sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
}

beforeEach(() => {
  simulated = createSimulator({
    clock,
    seed: 'clinic',
    timeZone: 'America/New_York',
    accounts: [demoAccount],
  })
  simulated.state.limits.configure({ scale: 0 })
  rig = serveUpstream(simulated.app, soapPath, { timeoutMs: 400, answerBytesMax: 1_000_000 })
})
afterEach(() => rig.stop())

const run = (
  action: ActionName,
  params: unknown,
  deps: Partial<UpstreamDeps> = {},
  context: Partial<CallContext> = {},
) => createSoapUpstream({ ...rig.deps, ...deps }).perform({ ...rig.context, ...context, action, params })

const day = { fromDate: '2026-11-20', toDate: '2026-11-20' }
const create = actions.createAppointment.params.parse({
  patientId: '10001',
  providerId: '101',
  locationId: '11',
  start: '2026-11-23T15:00:00Z',
  end: '2026-11-23T15:30:00Z',
  notes: 'Fears <needles>',
})
const fault = (rule: Omit<FaultRule, 'id'>) => simulated.state.faults.add([rule])

describe('each way the service misbehaves, of a read and of a create', () => {
  test.each<[FaultRule['kind'], object, object]>([
    [
      'outage',
      { kind: 'transient', reason: 'server-error', countsAsFailure: true },
      { kind: 'unclear', reason: 'server-error', countsAsFailure: true },
    ],
    [
      'reset',
      { kind: 'transient', reason: 'connection-lost', countsAsFailure: true },
      { kind: 'unclear', reason: 'connection-lost', countsAsFailure: true },
    ],
    [
      'hang',
      { kind: 'transient', reason: 'timed-out', countsAsFailure: true },
      { kind: 'unclear', reason: 'timed-out', countsAsFailure: true },
    ],
    [
      'slow-drip',
      { kind: 'transient', reason: 'timed-out', countsAsFailure: true },
      { kind: 'unclear', reason: 'timed-out', countsAsFailure: true },
    ],
    [
      'internal-service-fault',
      { kind: 'transient', reason: 'internal-service-fault', countsAsFailure: true },
      { kind: 'transient', reason: 'internal-service-fault', countsAsFailure: true },
    ],
    [
      'throttled',
      { kind: 'throttled', throttledMs: 1000, countsAsFailure: false },
      { kind: 'throttled', throttledMs: 500, countsAsFailure: false },
    ],
    [
      'authentication-lapse',
      { kind: 'authentication', reason: 'wrong-credentials', countsAsFailure: false },
      { kind: 'authentication', reason: 'wrong-credentials', countsAsFailure: false },
    ],
    [
      'malformed-xml',
      { kind: 'malformed', reason: 'malformed-answer' },
      { kind: 'unclear', reason: 'malformed-answer' },
    ],
    [
      'huge-answer',
      { kind: 'malformed', reason: 'answer-too-large', countsAsFailure: false },
      { kind: 'unclear', reason: 'answer-too-large', countsAsFailure: false },
    ],
  ])('%s', async (kind, ofRead, ofCreate) => {
    // Limits are off, and only the vendor's table says what a refusal names.
    fault({ kind, operation: 'GetAppointments' })
    fault({ kind, operation: 'CreateAppointment' })
    for (const [action, params, expected] of [
      ['getAppointments', day, ofRead],
      ['createAppointment', create, ofCreate],
    ] as const) {
      const failure = await failureOf(run(action, params))
      expect(failure).toBeInstanceOf(UpstreamError)
      expect(failure).toMatchObject(expected)
      for (const secret of [
        'needles',
        'demo-password',
        'demo-key',
        '10001',
        'endpoint requested',
        'Invalid user',
      ]) {
        expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).stack])).not.toContain(
          secret,
        )
      }
    }
    expect(simulated.state.counters.counts().byOperation.CreateAppointment).toBe(1)
  })
})

test('never shows a day without rows as empty when the credentials were refused', async () => {
  fault({ kind: 'authentication-lapse' })
  for (const [action, params] of [
    ['syncSchedule', {}],
    ['getAppointments', day],
    ['getPatients', {}],
  ] as const) {
    expect(await failureOf(run(action, params))).toMatchObject({ kind: 'authentication' })
  }
})

test('shows a day that really is empty as empty', async () => {
  fault({ kind: 'empty-nil' })
  expect(await run('syncSchedule', {})).toMatchObject({ appointments: [] })
})

test('never returns another patient than the one asked for', async () => {
  fault({ kind: 'wrong-patient' })
  expect(await failureOf(run('getPatient', { patientId: '10001' }))).toMatchObject({
    kind: 'permanent',
    reason: 'wrong-patient',
    countsAsFailure: false,
  })
})

test('says when there is no such patient or appointment', async () => {
  const missing = [
    run('getPatient', { patientId: '1' }),
    run('updateAppointment', { appointmentId: '1', notes: 'x' }),
    run('updateAppointmentStatus', { appointmentId: '1', status: 'roomed' }),
  ]
  for (const one of missing)
    expect(await failureOf(one)).toMatchObject({ kind: 'permanent', reason: 'not-found' })
})

test('says that the limit was met, and which interval the vendor named', async () => {
  simulated.state.limits.configure({ scale: 1 })
  await run('getProviders', {})
  expect(await failureOf(run('getProviders', {}))).toMatchObject({ kind: 'throttled', throttledMs: 500 })
})

test('is not connected, rather than failed, when the credentials are refused', async () => {
  const deps = { credentialsOf: () => ({ ...demoCredentials, password: `wr<o>n"g&'` }) }
  expect(await run('testConnection', {}, deps)).toEqual({ connected: false, form: 'soap' })
  expect(await run('healthCheck', {}, deps)).toMatchObject({ healthy: false, form: 'soap' })
  expect(await failureOf(run('getProviders', {}, deps))).toMatchObject({ reason: 'wrong-credentials' })
})

test('is let in with markup in its password', async () => {
  const password = `p<a>&"s's`
  simulated = createSimulator({ clock, seed: 's', timeZone: 'UTC', accounts: [{ ...demoAccount, password }] })
  const other = serveUpstream(simulated.app, soapPath, {
    credentialsOf: () => ({ ...demoCredentials, password }),
  })
  const upstream = createSoapUpstream(other.deps)
  expect(await upstream.perform({ ...other.context, action: 'testConnection', params: {} })).toEqual({
    connected: true,
    form: 'soap',
    practiceName: 'Larkmere Family Clinic',
  })
  await other.stop()
})

test('reports an outage as unhealthy, and stays an error for everything else', async () => {
  fault({ kind: 'outage' })
  expect(await run('healthCheck', {})).toMatchObject({ healthy: false })
  expect(await failureOf(run('testConnection', {}))).toMatchObject({ reason: 'server-error' })
})

test('needs credentials for the practice before it asks anybody', async () => {
  const failure = await failureOf(run('getProviders', {}, {}, { practiceId: 'elsewhere' }))
  expect(failure).toMatchObject({ kind: 'authentication', reason: 'no-credentials' })
  expect(rig.admitted).toEqual([])
})

test('sends nothing when the limiter refuses', async () => {
  const refusal = new Error('limiter')
  expect(await failureOf(run('getProviders', {}, { admit: () => Promise.reject(refusal) }))).toBe(refusal)
  expect(simulated.state.counters.counts().total).toBe(0)
})

test('stops at once when it is cancelled, before sending and while waiting', async () => {
  fault({ kind: 'hang' })
  const gone = AbortSignal.abort()
  expect(await failureOf(run('createAppointment', create, {}, { signal: gone }))).toMatchObject({
    kind: 'transient',
    reason: 'cancelled-before-sending',
  })
  expect(simulated.state.counters.counts().total).toBe(0)
  const stop = new AbortController()
  const began = performance.now()
  const waiting = failureOf(run('getProviders', {}, { timeoutMs: 5000 }, { signal: stop.signal }))
  while (simulated.state.counters.counts().inFlight === 0) await Bun.sleep(1)
  stop.abort()
  expect(await waiting).toMatchObject({ kind: 'transient', reason: 'cancelled', countsAsFailure: false })
  expect(performance.now() - began).toBeLessThan(1000)
})
