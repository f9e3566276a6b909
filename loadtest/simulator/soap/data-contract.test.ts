import { expect, test } from 'vitest'
import { demoAccount } from '../accounts.ts'
import { all, createCaller, createXml, headerXml, listXml, membersXml, textIn } from '../test-caller.ts'
import { requestContracts } from './contracts.ts'

const { soap, state } = createCaller()

test('every contract lists its members in the order of the deserializer: base first, then alphabetical', () => {
  for (const { members } of Object.values(requestContracts)) {
    const names = members.map(({ name }) => name).filter((name) => name !== 'RequestHeader')
    expect(names).toEqual([...names].sort())
    for (const { kind } of members) {
      if (typeof kind !== 'object' || !('members' in kind)) continue
      const inner = kind.members.map(({ name }) => name)
      expect(inner).toEqual([...inner].sort())
    }
  }
})

test('drops a member that comes out of order, without a word', async () => {
  const credentials = `<k:RequestHeader>${membersXml({ CustomerKey: 'demo-key', User: demoAccount.user, Password: demoAccount.password })}</k:RequestHeader>`
  const { xml, isError } = await soap('GetPatients', `${credentials}<k:Fields/><k:Filter/>`)
  expect([isError, textIn(xml, 'Authenticated'), textIn(xml, 'CustomerKeyValid')]).toEqual([
    'false',
    'false',
    'true',
  ])
  expect(state.counters.calls().at(-1)?.dropped).toEqual(['request/RequestHeader/Password'])
})

test('drops a filter member that is unknown: a PatientID in PatientFilter gives everybody', async () => {
  const { xml } = await soap('GetPatients', listXml({ PatientID: 10_007 }))
  expect(all(xml, 'PatientData')).toHaveLength(64)
  expect(state.counters.calls().at(-1)?.dropped).toEqual(['request/Filter/PatientID'])
})

test('drops a filter that comes before Fields only when Fields is read first', async () => {
  const filter = '<k:Filter><k:FullName>zzz</k:FullName></k:Filter>'
  const late = await soap('GetPatients', `${headerXml()}${filter}<k:Fields/>`)
  expect(all(late.xml, 'PatientData').filter((row) => textIn(row, 'ID'))).toHaveLength(0)
  expect(state.counters.calls().at(-1)?.dropped).toEqual(['request/Fields'])
})

test('a missing Filter is an error inside HTTP 200', async () => {
  for (const operation of ['GetPatients', 'GetAppointments', 'GetProviders', 'GetPractices', 'GetPatient']) {
    const { status, isError, error } = await soap(operation, `${headerXml()}<k:Fields/>`)
    expect([status, isError, error]).toEqual([
      200,
      'true',
      'Object reference not set to an instance of an object.',
    ])
  }
  expect((await soap('GetPatients', '<k:Fields/><k:Filter/>')).isError).toBe('true')
})

test('GetServiceLocations reads its members only without the trailing slash', async () => {
  const right = await soap('GetServiceLocations', `${headerXml()}<n:Fields/><n:Filter/>`)
  expect(all(right.xml, 'ServiceLocationData').map((row) => textIn(row, 'ID'))).toEqual(['11', '12'])
  const filtered = await soap(
    'GetServiceLocations',
    `${headerXml()}<n:Fields/><n:Filter><n:ID>12</n:ID></n:Filter>`,
  )
  expect(all(filtered.xml, 'ServiceLocationData')).toHaveLength(1)
  const wrong = await soap('GetServiceLocations', `${headerXml()}<k:Fields/><k:Filter/>`)
  expect(wrong.status).toBe(500)
  expect(wrong.text).toContain("Expecting element 'Fields'")
})

test('a value that is no number, boolean, date or member of its list is DeserializationFailed', async () => {
  const wrong: [string, string][] = [
    ['GetAppointment', `${headerXml()}<k:Appointment><k:AppointmentId>x</k:AppointmentId></k:Appointment>`],
    ['GetAppointment', `${headerXml()}<k:Fields/><k:Filter/>`],
    ['GetAppointmentReasons', `${headerXml()}<k:Fields/><k:Filter/>`],
    ['CreateAppointment', createXml({ AppointmentStatus: 'Arrived' })],
    ['CreateAppointment', createXml({ StartTime: '3/11/2026 9:00:00 AM' })],
    ['CreateAppointment', createXml().replace('>false<', '>no<')],
  ]
  for (const [operation, request] of wrong) {
    const { status, text } = await soap(operation, request)
    expect([status, text]).toEqual([500, expect.stringContaining('>a:DeserializationFailed<')])
  }
})
