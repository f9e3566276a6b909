import { describe, expect, test } from 'vitest'
import { failureOf } from '../testing/serve-upstream.ts'
import { readReply } from './read-reply.ts'

const read = async (body: unknown, status = 200) =>
  readReply({
    operation: 'GetPatients',
    status,
    headers: new Headers(),
    text: typeof body === 'string' ? body : JSON.stringify(body),
  })

describe('readReply', () => {
  test('takes the result out of its wrapper where there is one', async () => {
    const SecurityResponse = { Authenticated: true, Authorized: true }
    const wrapped = { success: true, data: { GetPatientsResult: { SecurityResponse, Patients: null } } }
    expect(await read(wrapped)).toEqual({ SecurityResponse, Patients: null })
    expect(await read({ success: true, data: { ID: 7 } })).toEqual({ ID: 7 })
    expect(await read({ success: true, data: null })).toBeNull()
  })

  test.each([
    ['validation_error', 400, 'request-refused'],
    ['json_error', 400, 'request-refused'],
    ['method_error', 405, 'request-refused'],
    ['authentication_error', 401, 'wrong-credentials'],
    ['soap_fault', 503, 'internal-service-fault'],
    ['configuration_error', 500, 'upstream-misconfigured'],
    ['internal_error', 500, 'server-error'],
    ['something_new', 500, 'server-error'],
    ['something_new', 200, 'request-refused'],
  ])('reads the type %s with HTTP %i as %s', async (type, status, reason) => {
    const error = await failureOf(read({ success: false, type, error: 'Jane Doe' }, status))
    expect(error).toMatchObject({ reason })
    expect(String(error)).not.toContain('Jane')
  })

  test.each([
    ['429: GetPatients endpoint … over time interval 1000 milliseconds.', 'throttled'],
    ['Tebra authentication failed', 'wrong-credentials'],
    ['Patient not found', 'not-found'],
    ['no', 'request-refused'],
  ])('believes an inner failure over the outer success: %s', async (error, reason) => {
    const failure = await failureOf(read({ success: true, data: { success: false, error } }))
    expect(failure).toMatchObject({ reason })
  })

  test('checks ErrorResponse and SecurityResponse inside two successes', async () => {
    const lapsed = {
      ErrorResponse: { IsError: false },
      SecurityResponse: { Authenticated: false },
      Patients: null,
    }
    expect(await failureOf(read({ success: true, data: { GetPatientsResult: lapsed } }))).toMatchObject({
      kind: 'authentication',
    })
  })

  test.each([
    ['Internal Server Error', 500, 'transient'],
    ['<b>Fatal error</b>', 200, 'malformed'],
    ['[]', 200, 'malformed'],
    ['{}', 200, 'malformed'],
    ['', 404, 'permanent'],
  ])('reads the body %j with HTTP %i as %s', async (body, status, kind) => {
    expect(await failureOf(read(body, status))).toMatchObject({ kind })
  })
})
