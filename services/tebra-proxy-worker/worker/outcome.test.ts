import { expect, test } from 'vitest'
import { AccountStopped } from '../accounts/account-stops.ts'
import { UpstreamUnavailable } from '../breaker/breaker.ts'
import { UpstreamError } from '../upstream/upstream-error.ts'
import { backoffMs, outcomeOf } from './outcome.ts'

const at = { attempt: 1, attemptsMax: 3, breakerWaitMs: 10_000, random: () => 0.5 }
const failure = (
  reason: ConstructorParameters<typeof UpstreamError>[0],
  operation = 'GetPatient',
  more = {},
) => new UpstreamError(reason, { operation, ...more })

test('the back-off doubles, has full jitter, and never passes a minute', () => {
  expect([0, 1, 2].map((attempt) => backoffMs(attempt, () => 1))).toEqual([500, 1_000, 2_000])
  expect(backoffMs(30, () => 1)).toBe(60_000)
  expect(backoffMs(5, () => 0)).toBe(0)
})

test('a transient failure is tried again until its attempts are spent, then it is a dead letter', () => {
  expect(outcomeOf(failure('timed-out'), at)).toMatchObject({ kind: 'retry', burned: true, delayMs: 500 })
  expect(outcomeOf(failure('timed-out'), { ...at, attempt: 3 })).toMatchObject({
    kind: 'failed',
    status: 'dead',
  })
})

test('a delay that the upstream names wins over our own', () => {
  expect(outcomeOf(failure('server-error', 'GetPatient', { retryAfterMs: 7_000 }), at)).toMatchObject({
    delayMs: 7_000,
  })
})

test('throttling and an open breaker burn no attempt', () => {
  expect(outcomeOf(failure('throttled', 'GetPatient', { throttledMs: 1_000 }), at)).toMatchObject({
    burned: false,
    delayMs: 1_000,
  })
  expect(outcomeOf(new UpstreamUnavailable('open'), { ...at, attempt: 9 })).toMatchObject({
    burned: false,
    delayMs: 10_000,
  })
})

test('a permanent failure is told to the caller, a missing permission is kept for an operator', () => {
  expect(outcomeOf(failure('wrong-patient'), at)).toMatchObject({
    status: 'error',
    error: { retryable: false },
  })
  expect(outcomeOf(failure('not-authorized'), at)).toMatchObject({
    status: 'dead',
    error: { retryable: true },
  })
})

test('refused credentials, and calls that are not made because of them, wait for the account', () => {
  expect(outcomeOf(failure('wrong-credentials'), at)).toEqual({ kind: 'held' })
  expect(outcomeOf(new AccountStopped(), at)).toEqual({ kind: 'held' })
})

test('a write that may have landed is uncertain and not tried again', () => {
  expect(outcomeOf(failure('timed-out', 'CreateAppointment'), at)).toMatchObject({ status: 'uncertain' })
})

test('an error that is not the upstream’s is thrown on', () => {
  expect(() => outcomeOf(new Error('Connection is closed.'), at)).toThrow('Connection is closed.')
})
