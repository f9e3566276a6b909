import { expect, test } from 'vitest'
import { errorClasses, isIdempotent, kindOf, type UpstreamFailure } from './error-classes.ts'
import { UpstreamError } from './upstream-error.ts'

const reasons = Object.keys(errorClasses) as UpstreamFailure[]

test.each<[UpstreamFailure, string, boolean, string]>([
  ['connect-failed', 'transient', true, 'transient'],
  ['connection-lost', 'transient', true, 'unclear'],
  ['timed-out', 'transient', true, 'unclear'],
  ['server-error', 'transient', true, 'unclear'],
  ['internal-service-fault', 'transient', true, 'transient'],
  ['unknown-fault', 'transient', true, 'unclear'],
  ['cancelled-before-sending', 'transient', false, 'transient'],
  ['cancelled', 'transient', false, 'unclear'],
  ['throttled', 'throttled', false, 'throttled'],
  ['wrong-credentials', 'authentication', false, 'authentication'],
  ['not-authorized', 'authentication', false, 'authentication'],
  ['no-credentials', 'authentication', false, 'authentication'],
  ['malformed-answer', 'malformed', true, 'unclear'],
  ['answer-too-large', 'malformed', false, 'unclear'],
  ['not-read-back', 'transient', false, 'unclear'],
  ['operation-not-supported', 'permanent', false, 'permanent'],
  ['deserialization-failed', 'permanent', false, 'permanent'],
  ['request-refused', 'permanent', false, 'permanent'],
  ['upstream-misconfigured', 'permanent', true, 'permanent'],
  ['not-found', 'permanent', false, 'permanent'],
  ['wrong-patient', 'permanent', false, 'permanent'],
  ['wrong-appointment', 'permanent', false, 'unclear'],
  ['ends-before-start', 'permanent', false, 'permanent'],
  ['series-not-supported', 'permanent', false, 'permanent'],
  ['practice-not-chosen', 'permanent', false, 'permanent'],
  ['read-only-upstream', 'permanent', false, 'permanent'],
  ['not-offered-by-php', 'permanent', false, 'permanent'],
])('%s is %s, counts for the breaker: %s, and of a create is %s', (reason, kind, counts, ofCreate) => {
  expect(kindOf(reason, 'GetAppointments')).toBe(kind)
  expect(kindOf(reason, 'UpdateAppointmentStatus')).toBe(kind)
  expect(errorClasses[reason].countsAsFailure).toBe(counts)
  expect(kindOf(reason, 'CreateAppointment')).toBe(ofCreate)
  expect(kindOf(reason, 'UpdateAppointment')).toBe(ofCreate)
})

test('has a line above for every class', () => {
  expect(reasons).toHaveLength(27)
})

test('calls the two writes that repeat themselves non-idempotent, and no other', () => {
  expect(['CreateAppointment', 'UpdateAppointment'].map(isIdempotent)).toEqual([false, false])
  expect(['UpdateAppointmentStatus', 'GetPatient'].map(isIdempotent)).toEqual([true, true])
})

test('says its class, its operation and a code, and nothing it was told', () => {
  const error = new UpstreamError('server-error', { operation: 'GetPatient', detail: 'HTTP 503' })
  expect(error.message).toBe('GetPatient: the server failed without a reason (HTTP 503)')
  expect(error).toMatchObject({ kind: 'transient', countsAsFailure: true })
  expect(new UpstreamError('not-found', { operation: 'GetPatient' }).message).toBe(
    'GetPatient: no such record',
  )
})
