import { afterEach, expect, test } from 'vitest'
import { actions } from '#lib/contract/actions.ts'
import { demoCredentials, failureOf, type Rig, serveUpstream } from '../testing/serve-upstream.ts'
import { practiceIdFor } from './practice.ts'
import { createSoapUpstream } from './soap-upstream.ts'

let rig: Rig | undefined
afterEach(() => rig?.stop())

/** A service that answers each operation with what it is told to, and keeps what it was sent. */
function serve(payloads: Record<string, string>) {
  const sent: string[] = []
  rig = serveUpstream(
    {
      async fetch(request) {
        sent.push(await request.text())
        const operation = request.headers.get('soapaction')?.replaceAll('"', '').split('/').at(-1) ?? ''
        return new Response(
          `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><${operation}Response><${operation}Result><SecurityResponse><Authenticated>true</Authenticated></SecurityResponse>${payloads[operation] ?? ''}</${operation}Result></${operation}Response></s:Body></s:Envelope>`,
        )
      },
    },
    '/',
  )
  const { deps, context } = rig
  return { sent, context, upstream: createSoapUpstream(deps) }
}

const practices = '<Practices><PracticeData><ID>1</ID></PracticeData></Practices>'
const detail = (more = '', id = '7') =>
  `<Appointment><AppointmentId>${id}</AppointmentId><AppointmentStatus>Beamed</AppointmentStatus><EndTime>2026-11-23T15:30:00</EndTime><PatientSummary><PatientId>5</PatientId></PatientSummary><ServiceLocationId>11</ServiceLocationId><StartTime>2026-11-23T15:00:00</StartTime>${more}</Appointment>`
const row = (start: string) =>
  `<Appointments><AppointmentData><ID>7</ID><PatientID>0</PatientID><AppointmentDuration>20</AppointmentDuration><ConfirmationStatus>Beamed</ConfirmationStatus><StartDate>${start}</StartDate></AppointmentData></Appointments>`
const create = actions.createAppointment.params.parse({
  patientId: '5',
  providerId: '101',
  locationId: '11',
  start: '2026-11-23T15:00:00Z',
  end: '2026-11-23T15:30:00Z',
})
const day = { fromDate: '2026-11-23', toDate: '2026-11-23' }

test('keeps an unknown status visible, and takes the end from the duration', async () => {
  const { upstream, context } = serve({ GetAppointments: row('11/23/2026 9:00:00 AM') })
  expect(await upstream.perform({ ...context, action: 'getAppointments', params: day })).toEqual([
    {
      id: '7',
      patientName: '',
      start: '2026-11-23T14:00:00.000Z',
      end: '2026-11-23T14:20:00.000Z',
      status: 'unknown',
      upstreamStatus: 'Beamed',
    },
  ])
})

test('refuses a day with a time nobody can read, instead of leaving the appointment out', async () => {
  const { upstream, context } = serve({ GetAppointments: row('nine-ish') })
  const failure = failureOf(upstream.perform({ ...context, action: 'getAppointments', params: day }))
  expect(await failure).toMatchObject({ kind: 'malformed', reason: 'malformed-answer' })
})

test.each([
  ['no id', '', 'malformed-answer'],
  ['an id that reads back as another', detail('', '8'), 'not-read-back'],
])('calls a create unclear whose answer has %s', async (_name, created, reason) => {
  const { upstream, context } = serve({
    GetPractices: practices,
    CreateAppointment: created,
    GetAppointment: detail(),
  })
  const failure = failureOf(upstream.perform({ ...context, action: 'createAppointment', params: create }))
  expect(await failure).toMatchObject({ kind: 'unclear', reason })
})

test('calls a create unclear when what it reads back is not what the contract says', async () => {
  const broken = detail().replace('2026-11-23T15:30:00', 'late')
  const { upstream, context } = serve({
    GetPractices: practices,
    CreateAppointment: detail(),
    GetAppointment: broken,
  })
  const failure = failureOf(upstream.perform({ ...context, action: 'createAppointment', params: create }))
  expect(await failure).toMatchObject({
    kind: 'unclear',
    reason: 'malformed-answer',
    operation: 'CreateAppointment',
  })
})

test('never takes another appointment for the one asked for', async () => {
  const { upstream, context } = serve({ GetAppointment: detail('', '8') })
  expect(await failureOf(upstream.appointmentNow('7', context))).toMatchObject({
    reason: 'wrong-appointment',
  })
})

test('sends case, resources, reason and mode again with an update', async () => {
  const more =
    '<AppointmentMode>Telehealth</AppointmentMode><PatientCaseId>51</PatientCaseId><ProviderId>101</ProviderId><ResourceIds><b:long>101</b:long><b:long>102</b:long></ResourceIds>'
  const { upstream, context, sent } = serve({ GetAppointment: detail(more) })
  const params = { appointmentId: '7', notes: 'x' }
  await upstream.perform({ ...context, action: 'updateAppointment', params })
  const update = sent[1] ?? ''
  expect(update).toContain('<AppointmentMode>Telehealth</AppointmentMode>')
  expect(update).toContain(
    '<PatientCaseId>51</PatientCaseId><PatientId>5</PatientId><ProviderId>101</ProviderId>',
  )
  expect(update.match(/>10[12]<\/a:long>/g)).toHaveLength(2)
  await upstream.perform({
    ...context,
    action: 'updateAppointment',
    params: { ...params, providerId: '103' },
  })
  expect(sent[4]).toContain('<ProviderId>103</ProviderId><ServiceLocationId>')
  expect(sent[4]).not.toContain('ResourceId')
})

test('changes nothing of an appointment whose times it cannot read', async () => {
  const { upstream, context, sent } = serve({ GetAppointment: detail().replace('2026-11-23T15:30:00', '') })
  const params = { appointmentId: '7', notes: 'x' }
  const failure = failureOf(upstream.perform({ ...context, action: 'updateAppointment', params }))
  expect(await failure).toMatchObject({ kind: 'malformed', operation: 'GetAppointment' })
  expect(sent).toHaveLength(1)
})

test('remembers at most a thousand practices, and forgets the oldest', async () => {
  const known = new Map(Array.from({ length: 1000 }, (_, index) => [String(index), '1']))
  const session = {
    credentials: demoCredentials,
    now: () => 0,
    call: async () => ({ Practices: { PracticeData: { ID: '4' } } }),
  }
  expect(await practiceIdFor(known, session)).toBe('4')
  expect(known.size).toBe(1000)
  expect(known.has('0')).toBe(false)
})
