import { expect, test } from 'vitest'
import { demoAccount } from '../accounts.ts'
import {
  all,
  appointmentXml,
  createCaller,
  createXml,
  headerXml,
  listXml,
  membersXml,
  textIn,
} from '../test-caller.ts'

const at = (day: string, offset: number, more: Record<string, string> = {}) =>
  listXml({ EndDate: day, ...more, StartDate: day, TimeZoneOffsetFromGMT: offset })

const getAppointment = (id: string) => appointmentXml(membersXml({ AppointmentId: id }))

test('keeps what is created, and shows it in later answers', async () => {
  const { soap, state } = createCaller()
  const created = await soap(
    'CreateAppointment',
    createXml({ Notes: 'wf:<1> & "two"', AppointmentReasonId: 1001 }),
    { 'X-Correlation-Id': 'c-1' },
  )
  const id = textIn(created.xml, 'AppointmentId') ?? ''
  expect([created.isError, id]).toEqual(['false', '900000001'])
  const detail = await soap('GetAppointment', getAppointment(id))
  expect([textIn(detail.xml, 'StartTime'), textIn(detail.xml, 'PatientId')]).toEqual([
    '2026-03-11T14:00:00Z',
    '10001',
  ])
  const day = await soap('GetAppointments', at('3/11/2026', -4))
  const row = all(day.xml, 'AppointmentData').find((candidate) => textIn(candidate, 'ID') === id)
  expect([textIn(row, 'StartDate'), textIn(row, 'Notes')]).toEqual([
    '3/11/2026 10:00:00 AM',
    'wf:<1> & "two"',
  ])
  expect(state.counters.calls()[0]).toMatchObject({
    operation: 'CreateAppointment',
    account: 'demo-key',
    correlationId: 'c-1',
    patientId: '10001',
    start: '2026-03-11T14:00:00Z',
    providerId: '101',
    notes: 'wf:<1> & "two"',
    written: true,
  })
  expect(state.counters.counts().writes).toMatchObject({
    total: 1,
    byNaturalKey: { '10001 2026-03-11T14:00:00Z 101': 1 },
    byCorrelationId: { 'c-1': 1 },
  })
})

test.each([
  'AppointmentStatus',
  'AppointmentType',
  'EndTime',
  'IsRecurring',
  'PracticeId',
  'ServiceLocationId',
  'StartTime',
])('a create without %s is DeserializationFailed and creates nothing', async (name) => {
  const { soap, state } = createCaller()
  const without = createXml().replace(new RegExp(`<k:${name}>[^<]*</k:${name}>`), '')
  const { status, text } = await soap('CreateAppointment', without)
  expect([status, text]).toEqual([500, expect.stringContaining(`Expecting element '${name}'`)])
  expect(state.counters.counts().writes.total).toBe(0)
})

test.each([
  ['<k:PracticeId>1<', '<k:PracticeId>2<', 'Practice 2 was not found.'],
  ['<k:ServiceLocationId>11<', '<k:ServiceLocationId>99<', 'ServiceLocation 99 was not found.'],
  ['<k:ProviderId>101<', '<k:ProviderId>999<', 'Provider 999 was not found.'],
  ['<k:PatientId>10001<', '<k:PatientId>5<', 'Patient 5 was not found.'],
  [
    '<k:PatientSummary><k:PatientId>10001</k:PatientId></k:PatientSummary>',
    '',
    'Appointment must have a valid patient.',
  ],
  ['<k:ProviderId>101</k:ProviderId>', '', 'Appointment must have valid ProviderGuids or ResourceGuids.'],
  ['T14:30:00Z', 'T13:30:00Z', 'EndTime must be after StartTime.'],
])('a create with %s as %s is an error inside HTTP 200', async (from, to, message) => {
  const { status, isError, error } = await createCaller().soap(
    'CreateAppointment',
    createXml().replace(from, to),
  )
  expect([status, isError, error]).toEqual([200, 'true', message])
})

test('a provider may come as ResourceId or ResourceIds, a time without a zone as UTC', async () => {
  const { soap } = createCaller()
  const list = '<k:ResourceIds><arr:long>102</arr:long></k:ResourceIds>'
  const body = createXml({ StartTime: '2026-03-11T14:00:00', EndTime: '2026-03-11T10:30:00-04:00' })
  const created = await soap('CreateAppointment', body.replace('<k:ProviderId>101</k:ProviderId>', list))
  expect([textIn(created.xml, 'ProviderId'), textIn(created.xml, 'StartTime')]).toEqual([
    '102',
    '2026-03-11T14:00:00Z',
  ])
})

test('an update overwrites, moves the row to its new day, and loses the case that is not sent again', async () => {
  const { soap } = createCaller()
  const id =
    textIn(
      (await soap('CreateAppointment', createXml({ PatientCaseId: 100_011, Notes: 'n' }))).xml,
      'AppointmentId',
    ) ?? ''
  const update = (middle: string) =>
    appointmentXml(
      membersXml({ AppointmentId: id, AppointmentStatus: 'Confirmed', EndTime: '2026-03-12T15:30:00Z' }) +
        middle +
        membersXml({ PatientId: 10_001, ServiceLocationId: 12, StartTime: '2026-03-12T15:00:00Z' }),
    )
  const kept = await soap('UpdateAppointment', update(membersXml({ Notes: 'n', PatientCaseId: 100_011 })))
  expect([textIn(kept.xml, 'PatientCaseId'), textIn(kept.xml, 'Notes')]).toEqual(['100011', 'n'])
  const lost = await soap('UpdateAppointment', update(''))
  expect([textIn(lost.xml, 'PatientCaseId'), textIn(lost.xml, 'ProviderId')]).toEqual(['', '101'])
  const ids = async (day: string) =>
    all((await soap('GetAppointments', at(day, -4))).xml, 'ID').map((element) => element.text)
  expect(await ids('3/11/2026')).not.toContain(id)
  expect(await ids('3/12/2026')).toContain(id)
})

test('a status that was written stays, whatever the clock says', async () => {
  const { soap, advance, state } = createCaller()
  const day = await soap('GetAppointments', at('3/10/2026', -4))
  const id = textIn(all(day.xml, 'AppointmentData').at(-1), 'ID') ?? ''
  const body = appointmentXml(membersXml({ AppointmentId: id, AppointmentStatus: 'Cancelled' }))
  expect((await soap('UpdateAppointmentStatus', body)).isError).toBe('false')
  advance(86_400_000)
  expect(textIn((await soap('GetAppointment', getAppointment(id))).xml, 'AppointmentStatus')).toBe(
    'Cancelled',
  )
  expect(state.counters.calls()[1]).toMatchObject({ appointmentId: id, status: 'Cancelled', written: true })
})

test('nobody reads or writes the appointments of a practice that is not theirs', async () => {
  const other = { customerKey: 'k2', user: 'u2', password: 'p2', practiceIds: [2] }
  const { soap } = createCaller({ accounts: [demoAccount, other] })
  const day = await soap('GetAppointments', at('3/10/2026', -4))
  const id = textIn(all(day.xml, 'AppointmentData')[0], 'ID') ?? ''
  const body = `${headerXml(other)}<k:Appointment>${membersXml({ AppointmentId: id })}</k:Appointment>`
  expect((await soap('GetAppointment', body)).error).toBe(`Appointment ${id} was not found.`)
  expect((await soap('GetAppointment', getAppointment('123'))).error).toBe('Appointment 123 was not found.')
})
