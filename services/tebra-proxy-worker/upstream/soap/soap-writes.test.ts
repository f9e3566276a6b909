import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { actions } from '#lib/contract/actions.ts'
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

describe('writing', () => {
  test('creates once, in the account’s practice, and gives what was kept', async () => {
    const notes = `Brings <forms> & "papers", won't wait`
    const created = await perform({
      ...rig.context,
      action: 'createAppointment',
      params: toCreate({ notes, status: 'no-show' }),
    })
    expect(created).toEqual({
      id: expect.stringMatching(/^9\d+$/),
      patientId,
      patientName: "Orla O'Brinfell",
      start: '2026-11-23T15:00:00.000Z',
      end: '2026-11-23T15:30:00.000Z',
      status: 'no-show',
      upstreamStatus: 'NoShow',
      providerId: '101',
      locationId: '11',
      notes,
    })
    await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const { counts } = simulated.state.counters
    expect(counts().writes.byOperation).toEqual({ CreateAppointment: 2 })
    expect(counts().byOperation.GetPractices).toBe(1)
  })

  test('changes what was named and keeps the rest, the case above all', async () => {
    const row = simulated.state.book.between([1], clinicMorning, clinicMorning + 86_400_000)[0]
    const id = row?.id ?? 0
    const before = simulated.state.book.find(id)
    const params = { appointmentId: String(id), start: '2026-11-24T16:00:00Z', notes: 'moved' }
    const changed = await perform({ ...rig.context, action: 'updateAppointment', params })
    const after = simulated.state.book.find(id)
    expect(after).toMatchObject({
      patientCaseId: before?.patientCaseId,
      reasonId: before?.reasonId,
      providerId: before?.providerId,
      serviceLocationId: before?.serviceLocationId,
      status: before?.status,
      patientId: before?.patientId,
      notes: 'moved',
      startMs: Date.parse('2026-11-24T16:00:00Z'),
    })
    const length = (before?.endMs ?? 0) - (before?.startMs ?? 0)
    expect(after?.endMs).toBe(Date.parse('2026-11-24T16:00:00Z') + length)
    expect(changed.notes).toBe('moved')
  })

  test('changes provider, place, reason, end and status when they are named', async () => {
    const { id } = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const params = {
      appointmentId: id,
      providerId: '102',
      locationId: '12',
      reasonId: '1002',
      end: '2026-11-23T16:00:00Z',
      status: 'confirmed',
    }
    const changed = await perform({ ...rig.context, action: 'updateAppointment', params })
    expect(changed).toMatchObject({
      providerId: '102',
      locationId: '12',
      end: '2026-11-23T16:00:00.000Z',
      status: 'confirmed',
    })
    expect(simulated.state.book.find(Number(id))?.reasonId).toBe(1002)
  })

  test('never sends a change that would end before it starts, or of a series', async () => {
    const { id } = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const early = { appointmentId: id, end: '2026-11-23T14:00:00Z' }
    expect(
      await failureOf(perform({ ...rig.context, action: 'updateAppointment', params: early })),
    ).toMatchObject({
      kind: 'permanent',
      reason: 'ends-before-start',
    })
    simulated.state.book.change(Number(id), { recurring: true })
    const series = { appointmentId: id, notes: 'x' }
    expect(
      await failureOf(perform({ ...rig.context, action: 'updateAppointment', params: series })),
    ).toMatchObject({
      kind: 'permanent',
      reason: 'series-not-supported',
    })
    expect(simulated.state.counters.counts().byOperation.UpdateAppointment).toBeUndefined()
  })

  test.each([
    ['checked-in', 'CheckedIn'],
    ['ready-for-provider', 'ReadyToBeSeen'],
    ['no-show', 'NoShow'],
    ['checked-out', 'CheckedOut'],
    ['tentative', 'Tentative'],
    ['rescheduled', 'Rescheduled'],
  ])('sets the status %s as %s', async (status, spelling) => {
    const { id } = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const params = { appointmentId: id, status }
    const changed = await perform({ ...rig.context, action: 'updateAppointmentStatus', params })
    expect(changed).toMatchObject({ id, status, upstreamStatus: spelling })
  })

  test('does not guess between several practices', async () => {
    await restart(demoCredentials, [{ ...demoAccount, practiceIds: [1, 2] }])
    const failure = await failureOf(
      perform({ ...rig.context, action: 'createAppointment', params: toCreate() }),
    )
    expect(failure).toMatchObject({ kind: 'permanent', reason: 'practice-not-chosen' })
    expect(simulated.state.counters.counts().writes.total).toBe(0)
  })

  test('calls a refused write permanent', async () => {
    const params = toCreate({ providerId: '999' })
    const failure = await failureOf(perform({ ...rig.context, action: 'createAppointment', params }))
    expect(failure).toMatchObject({ kind: 'permanent', reason: 'not-found', operation: 'CreateAppointment' })
  })
})

describe('settling an unclear write', () => {
  const key = { patientId, start: '2026-11-23T15:00:00Z', providerId: '101' }

  test('finds the appointment that a timed-out create has made', async () => {
    await restart(demoCredentials, [demoAccount], { timeoutMs: 300 })
    simulated.state.faults.add([{ kind: 'write-then-time-out', operation: 'CreateAppointment', times: 1 }])
    expect(await upstream.findAppointment(key, rig.context)).toBeUndefined()
    const failure = await failureOf(
      perform({ ...rig.context, action: 'createAppointment', params: toCreate() }),
    )
    expect(failure).toMatchObject({ kind: 'unclear', reason: 'timed-out', countsAsFailure: true })
    expect(await upstream.findAppointment(key, rig.context)).toMatchObject({ patientId, providerId: '101' })
    expect(await upstream.findAppointment({ ...key, providerId: '102' }, rig.context)).toBeUndefined()
    expect(simulated.state.counters.counts().writes.total).toBe(1)
  })

  test('does not take a called-off appointment for the one a create has made', async () => {
    await perform({ ...rig.context, action: 'createAppointment', params: toCreate({ status: 'cancelled' }) })
    expect(await upstream.findAppointment(key, rig.context)).toBeUndefined()
  })

  test('tells an appointment as it is now, and undefined where there is none', async () => {
    const { id } = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    expect(await upstream.appointmentNow(id, rig.context)).toMatchObject({ id, status: 'scheduled' })
    expect(await upstream.appointmentNow('123', rig.context)).toBeUndefined()
  })

  test.each(['createAppointment', 'updateAppointment'] as const)(
    'calls %s unclear, never failed, when it cannot be read back, and names the appointment',
    async (action) => {
      let written = false
      await restart(demoCredentials, [demoAccount], {
        admit: async (operation) => {
          if (operation === 'GetAppointment' && written) throw new Error('the limiter is away')
          written ||= /^(Create|Update)/.test(operation) && armed
        },
      })
      let armed = false
      const { id } = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
      armed = true
      const params = action === 'createAppointment' ? toCreate() : { appointmentId: id, notes: 'x' }
      const failure = await failureOf(perform({ ...rig.context, action, params }))
      expect(failure).toMatchObject({ kind: 'unclear', reason: 'not-read-back' })
      const appointmentId = action === 'createAppointment' ? expect.stringMatching(/^9\d+$/) : id
      expect(failure).toMatchObject({ appointmentId })
    },
  )
})

describe('an account of several practices', () => {
  const shared = { ...demoAccount, practiceIds: [1, 2] }
  const of = (practiceName: string) => ({ ...demoCredentials, practiceName })

  test('neither shows nor changes another practice’s appointment', async () => {
    await restart(of('Larkmere Family Clinic'), [shared])
    const created = await perform({ ...rig.context, action: 'createAppointment', params: toCreate() })
    const larkmere = simulated
    const stranger = createSoapUpstream({
      ...rig.deps,
      credentialsOf: () => of('Thornwick & Dale Pediatrics'),
    })
    const attempts = [
      stranger.perform({
        ...rig.context,
        action: 'updateAppointmentStatus',
        params: { appointmentId: created.id, status: 'cancelled' },
      }),
      stranger.perform({
        ...rig.context,
        action: 'updateAppointment',
        params: { appointmentId: created.id, notes: 'not mine' },
      }),
    ]
    for (const attempt of attempts) expect(await failureOf(attempt)).toMatchObject({ reason: 'not-found' })
    expect(await stranger.appointmentNow(created.id, rig.context)).toBeUndefined()
    expect(larkmere.state.counters.counts().writes.total).toBe(1)
    expect(await upstream.appointmentNow(created.id, rig.context)).toMatchObject({ status: 'scheduled' })
  })
})
