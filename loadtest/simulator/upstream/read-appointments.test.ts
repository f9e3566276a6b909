import { expect, test } from 'vitest'
import { all, appointmentXml, createCaller, listXml, membersXml, testNow, textIn } from '../test-caller.ts'

const at = (day: string, offset: number, more: Record<string, string> = {}) =>
  listXml({ EndDate: day, ...more, StartDate: day, TimeZoneOffsetFromGMT: offset })

const getAppointment = (id: string) => appointmentXml(membersXml({ AppointmentId: id }))

test('every day has 24 to 40 appointments, and the same ones each time', async () => {
  const days = await Promise.all(
    ['3/9/2026', '3/10/2026', '2026-07-01'].map(
      async (day) => (await createCaller().soap('GetAppointments', at(day, -4))).xml,
    ),
  )
  for (const xml of days) {
    const rows = all(xml, 'AppointmentData')
    expect(rows.length).toBeGreaterThanOrEqual(24)
    expect(rows.length).toBeLessThanOrEqual(40)
    expect(new Set(rows.map((row) => textIn(row, 'PatientID'))).size).toBe(rows.length)
  }
  const again = await createCaller().soap('GetAppointments', at('3/9/2026', -4))
  const other = await createCaller({ seed: 'other' }).soap('GetAppointments', at('3/9/2026', -4))
  expect(all(again.xml, 'ID')).toEqual(all(days[0], 'ID'))
  expect(other.text).not.toEqual(again.text)
})

test.each([
  ['2026-03-07', '3/7/2026', -5, '2026-03-07T13:00:00Z'],
  ['2026-03-08', '3/8/2026', -4, '2026-03-08T12:00:00Z'],
  ['2026-11-01', '11/1/2026', -5, '2026-11-01T13:00:00Z'],
  ['2026-10-31', '10/31/2026', -4, '2026-10-31T12:00:00Z'],
])(
  'the first appointment of %s is at 8:00 on the wall and at its own UTC time',
  async (iso, us, offset, utc) => {
    const { soap } = createCaller()
    const { xml } = await soap('GetAppointments', at(iso, offset))
    const first = all(xml, 'AppointmentData')[0]
    expect(textIn(first, 'StartDate')).toBe(`${us} 8:00:00 AM`)
    const detail = await soap('GetAppointment', getAppointment(textIn(first, 'ID') ?? ''))
    expect(textIn(detail.xml, 'StartTime')).toBe(utc)
  },
)

test('an offset that ignores daylight saving shifts every time shown', async () => {
  const { soap } = createCaller()
  const { xml } = await soap('GetAppointments', at('7/1/2026', -5))
  expect(textIn(all(xml, 'AppointmentData')[0], 'StartDate')).toBe('7/1/2026 7:00:00 AM')
  const without = await soap('GetAppointments', listXml({ EndDate: '7/1/2026', StartDate: '7/1/2026' }))
  expect(textIn(all(without.xml, 'AppointmentData')[0], 'StartDate')).toBe('7/1/2026 8:00:00 AM')
})

test('reads dates with times, with a zone and as ISO', async () => {
  const { soap } = createCaller()
  const ids = async (StartDate: string, EndDate: string) => {
    const { xml } = await soap('GetAppointments', listXml({ EndDate, StartDate, TimeZoneOffsetFromGMT: -4 }))
    return all(xml, 'ID').map((id) => id.text)
  }
  const american = await ids('3/10/2026 8:00:00 AM', '3/10/2026 12:15 PM')
  expect(american.length).toBeGreaterThan(8)
  expect(await ids('2026-03-10T08:00:00', '2026-03-10T12:15')).toEqual(american)
  expect(await ids('2026-03-10T12:00:00Z', '2026-03-10T12:15:00-04:00')).toEqual(american)
})

test.each([
  [{ StartDate: '3/1/2026' }, 'both be specified'],
  [{ EndDate: '3/1/2026' }, 'both be specified'],
  [{ FromCreatedDate: '3/1/2026' }, 'both be specified'],
  [{ EndDate: '5/2/2026', StartDate: '3/1/2026' }, 'must not exceed 60 days'],
  [{ EndDate: '2/1/2026', StartDate: '3/1/2026' }, 'must not be before'],
  [{ EndDate: 'soon', StartDate: '3/1/2026' }, 'not recognized as a valid DateTime'],
  [
    { EndDate: '3/2/2026', StartDate: '3/1/2026', TimeZoneOffsetFromGMT: '-04:30' },
    'not in a correct format',
  ],
])('a date filter %j is an error', async (filter, message) => {
  const { error, isError } = await createCaller().soap('GetAppointments', listXml(filter))
  expect([isError, error]).toEqual(['true', expect.stringContaining(message)])
})

test('filters narrow by patient, provider and status, but not by practice or location', async () => {
  const { soap } = createCaller()
  const day = await soap('GetAppointments', at('3/10/2026', -4))
  const rows = all(day.xml, 'AppointmentData')
  const count = async (filter: Record<string, string>) => {
    const order = [
      'ConfirmationStatus',
      'EndDate',
      'PatientFullName',
      'PatientID',
      'PracticeName',
      'ResourceName',
      'ServiceLocationName',
      'StartDate',
      'Type',
    ]
    const members: Record<string, string> = { EndDate: '3/10/2026', StartDate: '3/10/2026', ...filter }
    const sorted = Object.fromEntries(
      order.flatMap((name) => (members[name] === undefined ? [] : [[name, members[name]]])),
    )
    const { xml } = await soap('GetAppointments', listXml(sorted as Record<string, string>))
    return all(xml, 'ID').filter((id) => id.text).length
  }
  const some = rows[3]
  expect(await count({ PatientID: textIn(some, 'PatientID') ?? '' })).toBe(1)
  expect(await count({ PatientFullName: textIn(some, 'PatientFullName') ?? '' })).toBe(1)
  expect(await count({ ResourceName: textIn(some, 'ResourceName1') ?? '' })).toBeLessThan(rows.length)
  expect(await count({ PracticeName: 'elsewhere', ServiceLocationName: 'nowhere' })).toBe(rows.length)
  expect(await count({ Type: 'O' })).toBe(0)
  expect(await count({ ConfirmationStatus: 'Check-out' })).toBe(
    await count({ ConfirmationStatus: 'CheckedOut' }),
  )
})

test('an answer without a window covers 30 days either side of now', async () => {
  const { xml } = await createCaller().soap('GetAppointments', listXml({ PatientID: '10001' }))
  expect(all(xml, 'AppointmentData').length).toBeGreaterThan(5)
})

test('statuses move with the clock and are spelt in more than one way', async () => {
  const { soap, setNow } = createCaller()
  const statuses = async () => {
    const { xml } = await soap('GetAppointments', at('3/10/2026', -4))
    return all(xml, 'ConfirmationStatus').map((element) => element.text)
  }
  const early = await statuses()
  setNow(testNow + 12 * 3_600_000)
  const late = await statuses()
  expect(early).not.toEqual(late)
  expect(late).toEqual(expect.arrayContaining(['CheckedOut', 'Check-out']))
  expect(early).toEqual(expect.arrayContaining(['Confirmed']))
})
