import { expect, test } from 'vitest'
import { demoAccount } from '../accounts.ts'
import { soapPath } from '../app.ts'
import {
  all,
  createCaller,
  envelopeXml,
  headerXml,
  listXml,
  membersXml,
  soapHeaders,
  textIn,
} from '../test-caller.ts'

const { soap, app } = createCaller()
const post = (body: string, headers: Record<string, string>) =>
  app.request(soapPath, { method: 'POST', body, headers })

test('refuses a body that is not sent as text/xml', async () => {
  const headers = { ...soapHeaders('GetPatients'), 'Content-Type': 'application/soap+xml' }
  expect((await post(envelopeXml('GetPatients', listXml()), headers)).status).toBe(415)
})

test('answers an action that does not exist, or comes without quotes, with ActionNotSupported', async () => {
  const body = envelopeXml('GetPatients', listXml())
  const unquoted = {
    ...soapHeaders('GetPatients'),
    SOAPAction: 'http://www.kareo.com/api/schemas/KareoServices/GetPatients',
  }
  const withoutContract = {
    ...soapHeaders('GetPatients'),
    SOAPAction: '"http://www.kareo.com/api/schemas/GetPatients"',
  }
  for (const headers of [
    soapHeaders('SearchPatients'),
    soapHeaders('CreateAppointments'),
    soapHeaders('toString'),
    unquoted,
    withoutContract,
  ]) {
    const response = await post(body, headers)
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('>a:ActionNotSupported<')
  }
})

test('answers a body of another operation with DeserializationFailed, and one without sense with InternalServiceFault', async () => {
  const other = await post(envelopeXml('GetProviders', listXml()), soapHeaders('GetPatients'))
  expect([other.status, await other.text()]).toEqual([
    500,
    expect.stringContaining('>a:DeserializationFailed<'),
  ])
  const noRequest = envelopeXml('GetPatients', '').replaceAll('k:request', 'k:Request')
  for (const body of ['not xml', '<a><b></a>', '<!DOCTYPE x><x/>', noRequest]) {
    const response = await post(body, soapHeaders('GetPatients'))
    expect([response.status, await response.text()]).toEqual([
      500,
      expect.stringContaining('>a:InternalServiceFault<'),
    ])
  }
})

test('GetCustomerIdFromKey wants its credentials flat', async () => {
  const { customerKey: CustomerKey, password: Password, user: User } = demoAccount
  const flat = await soap('GetCustomerIdFromKey', membersXml({ CustomerKey, Password, User }))
  expect(textIn(flat.xml, 'GetCustomerIdFromKeyResult')).toBeDefined()
  expect(all(flat.xml, 'CustomerId').at(-1)?.text).toBe('41000')
  const wrong = await soap('GetCustomerIdFromKey', membersXml({ CustomerKey, Password: 'x', User }))
  expect([all(wrong.xml, 'CustomerId').at(-1)?.text, textIn(wrong.xml, 'Authenticated')]).toEqual([
    '0',
    'false',
  ])
  const nested = await soap('GetCustomerIdFromKey', headerXml())
  expect(all(nested.xml, 'CustomerId').at(-1)?.text).toBe('-1')
})

test('wrong credentials look like an empty day', async () => {
  const header = headerXml({ ...demoAccount, password: 'old' })
  const day = '<k:Filter><k:EndDate>3/10/2026</k:EndDate><k:StartDate>3/10/2026</k:StartDate></k:Filter>'
  const { status, isError, xml, text } = await soap('GetAppointments', `${header}<k:Fields/>${day}`)
  expect([status, isError, textIn(xml, 'Authenticated')]).toEqual([200, 'false', 'false'])
  expect(text).toContain('<Appointments i:nil="true"/>')
  const unknownKey = await soap(
    'GetAppointments',
    `${headerXml({ ...demoAccount, customerKey: 'x' })}<k:Fields/>${day}`,
  )
  expect(textIn(unknownKey.xml, 'CustomerKeyValid')).toBe('false')
})

test('SecurityResultSuccess contradicts its name', async () => {
  const { xml } = await soap('GetPractices', listXml())
  expect([textIn(xml, 'Authenticated'), textIn(xml, 'SecurityResultSuccess')]).toEqual(['true', 'false'])
})

test('escapes what it sends and reads what is escaped', async () => {
  const password = `p&ss<wörd>'"é`
  const caller = createCaller({ accounts: [{ ...demoAccount, password }] })
  const { xml, text } = await caller.soap(
    'GetPatients',
    `${headerXml({ ...demoAccount, password })}<k:Fields/><k:Filter/>`,
  )
  const names = all(xml, 'PatientFullName').map((element) => element.text)
  expect(names).toEqual(
    expect.arrayContaining(["Orla O'Brinfell", 'Tam & Lee Mossdale', 'Kelwyn Less<than', 'Renée Dufréval']),
  )
  expect(text).toContain('Tam &amp; Lee')
  const numeric = await soap(
    'GetPatients',
    `${headerXml()}<k:Fields/><k:Filter><k:LastName>Dufr&#233;v&#x61;l</k:LastName></k:Filter>`,
  )
  expect(all(numeric.xml, 'PatientData')).toHaveLength(1)
  for (const noText of ['&nbsp;', '&#x110000;', '&#11;']) {
    const refused = await soap(
      'GetPatients',
      `${headerXml()}<k:Fields/><k:Filter><k:LastName>${noText}</k:LastName></k:Filter>`,
    )
    expect(refused.status).toBe(500)
  }
})

test('reads the clinic: practices, providers, reasons, patients one by one', async () => {
  expect(textIn((await soap('GetPractices', listXml())).xml, 'PracticeName')).toBe('Larkmere Family Clinic')
  expect(all((await soap('GetProviders', listXml())).xml, 'ProviderData')).toHaveLength(4)
  const reasons = await soap('GetAppointmentReasons', `${headerXml()}<k:PracticeId>1</k:PracticeId>`)
  expect(all(reasons.xml, 'AppointmentReasonData')).toHaveLength(6)
  const notMine = await soap('GetAppointmentReasons', `${headerXml()}<k:PracticeId>2</k:PracticeId>`)
  expect(notMine.isError).toBe('true')
  const one = await soap('GetPatient', `${headerXml()}<k:Filter><k:PatientID>10001</k:PatientID></k:Filter>`)
  expect(textIn(one.xml, 'ID')).toBe('10001')
  const external = await soap(
    'GetPatient',
    `${headerXml()}<k:Filter><k:ExternalID>EXT-10002</k:ExternalID></k:Filter>`,
  )
  expect(textIn(external.xml, 'ID')).toBe('10002')
  const nobody = await soap('GetPatient', `${headerXml()}<k:Filter><k:PatientID>1</k:PatientID></k:Filter>`)
  expect(nobody.text).toContain('<Patient i:nil="true"/>')
})

test('an exact date of birth finds nobody, because the upper bound is exclusive', async () => {
  const first = await soap(
    'GetPatient',
    `${headerXml()}<k:Filter><k:PatientID>10009</k:PatientID></k:Filter>`,
  )
  const born = textIn(first.xml, 'DOB') ?? ''
  const [month, day, year] = born.split('/').map(Number)
  const find = async (to: string) => {
    const { xml } = await soap('GetPatients', listXml({ FromDateOfBirth: born, ToDateOfBirth: to }))
    return all(xml, 'PatientData')
      .map((row) => textIn(row, 'ID'))
      .filter(Boolean)
  }
  expect(await find(born)).toEqual([])
  expect(await find(`${month}/${Number(day) + 1}/${year}`)).toContain('10009')
})
