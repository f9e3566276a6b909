import { describe, expect, test } from 'vitest'
import { failureOf } from '../testing/serve-upstream.ts'
import { readAnswer } from './read-answer.ts'

const allowed =
  '<SecurityResponse><Authenticated>true</Authenticated><Authorized>true</Authorized></SecurityResponse>'
const fine = '<ErrorResponse><IsError>false</IsError></ErrorResponse>'
const envelope = (body: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
const result = (content: string) =>
  envelope(`<GetPatientsResponse><GetPatientsResult>${content}</GetPatientsResult></GetPatientsResponse>`)
const faultOf = (code: string) =>
  envelope(
    `<s:Fault><faultcode xmlns:a="urn:a">${code}</faultcode><faultstring>Jane Doe</faultstring></s:Fault>`,
  )
const errorOf = (message: string) =>
  `<ErrorResponse><ErrorMessage>${message}</ErrorMessage><IsError>true</IsError></ErrorResponse>`

const read = async (text: string, status = 200, headers = {}) =>
  readAnswer({ operation: 'GetPatients', status, headers: new Headers(headers), text })
const failure = (...answer: Parameters<typeof read>) => failureOf(read(...answer))

describe('readAnswer', () => {
  test('gives the result when nothing speaks against it', async () => {
    expect(await read(result(`${fine}${allowed}<Patients/>`))).toMatchObject({ Patients: '' })
  })

  test.each([
    ['a:InternalServiceFault', 500, 'internal-service-fault'],
    ['a:ActionNotSupported', 500, 'operation-not-supported'],
    ['a:DeserializationFailed', 500, 'deserialization-failed'],
    ['a:InternalServiceFault', 200, 'internal-service-fault'],
    ['s:Client', 500, 'unknown-fault'],
    ['', 500, 'unknown-fault'],
  ])('reads the fault %s with HTTP %i as %s', async (code, status, reason) => {
    const error = await failure(faultOf(code), status)
    expect(error).toMatchObject({ reason })
    expect(String(error)).not.toContain('Jane')
  })

  test.each([
    [500, 'server-error', 'transient'],
    [502, 'server-error', 'transient'],
    [503, 'server-error', 'transient'],
    [401, 'wrong-credentials', 'authentication'],
    [403, 'not-authorized', 'authentication'],
    [408, 'timed-out', 'transient'],
    [404, 'request-refused', 'permanent'],
    [415, 'request-refused', 'permanent'],
    [302, 'request-refused', 'permanent'],
    [204, 'request-refused', 'permanent'],
  ])('reads HTTP %i without a fault as %s', async (status, reason, kind) => {
    expect(await failure('<html>no</html>', status)).toMatchObject({ reason, kind })
  })

  test('reads HTTP 429 as throttled, with the wait it names', async () => {
    expect(await failure('', 429, { 'retry-after': '7' })).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 7000,
    })
    expect(await failure('', 429, { 'retry-after': 'soon' })).toMatchObject({ retryAfterMs: undefined })
  })

  test.each([
    ['an empty body', ''],
    ['HTML', '<html><body>hello</body></html>'],
    ['another operation’s answer', envelope('<GetPatientResponse><GetPatientResult/></GetPatientResponse>')],
    ['no word on security', result(`${fine}<Patients/>`)],
    ['an empty word on security', result(`${fine}<SecurityResponse/><Patients/>`)],
  ])('does not believe %s', async (_name, text) => {
    expect(await failure(text)).toMatchObject({ kind: 'malformed' })
  })

  test.each([
    [
      'throttled before refused credentials',
      `${errorOf('429: slow down')}<SecurityResponse><Authenticated>false</Authenticated></SecurityResponse>`,
      'throttled',
    ],
    [
      'refused credentials before any other error',
      `${errorOf('oops')}<SecurityResponse><Authenticated>false</Authenticated></SecurityResponse>`,
      'wrong-credentials',
    ],
    [
      'a wrong customer key',
      `${fine}<SecurityResponse><Authenticated>true</Authenticated><CustomerKeyValid>false</CustomerKeyValid></SecurityResponse>`,
      'wrong-credentials',
    ],
    [
      'a missing permission',
      `${fine}<SecurityResponse><Authenticated>true</Authenticated><Authorized>false</Authorized></SecurityResponse>`,
      'not-authorized',
    ],
    ['a refusal', `${errorOf('Jane Doe is too young')}${allowed}`, 'request-refused'],
    ['a missing record', `${errorOf('Patient 5 was not found.')}${allowed}`, 'not-found'],
  ])('finds %s', async (_name, content, reason) => {
    const error = await failure(result(content))
    expect(error).toMatchObject({ reason })
    expect(String(error)).not.toContain('Jane')
  })
})
