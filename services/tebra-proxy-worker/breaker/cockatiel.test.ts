import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleType,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
} from 'cockatiel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UpstreamError } from '../upstream/upstream-error.ts'
import { createLocalBreaker } from './local-breaker.ts'
import { call, failWith, held, unwell, well } from './testing/fleet.ts'

/** Each trap of cockatiel 4.0 first as it is, so that a new version which mends it is noticed; then what we do. */
const ours = () => createLocalBreaker({ failures: 3, waitMs: 1_000, now: Date.now, onChange: () => {} })
const theirs = () =>
  circuitBreaker(
    handleType(UpstreamError, ({ countsAsFailure }) => countsAsFailure),
    {
      halfOpenAfter: 1_000,
      breaker: new ConsecutiveBreaker(3),
    },
  )
type Circuit = Pick<ReturnType<typeof theirs>, 'execute'>
const tryIt = (circuit: Circuit, run: () => Promise<unknown>) => circuit.execute(run).catch(() => {})
const failThrice = async (circuit: Circuit) => {
  for (let made = 0; made < 3; made += 1) await tryIt(circuit, unwell)
}
const lateFailure = new UpstreamError('timed-out', { operation: 'GetPatient' })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the sampling breaker never opens at three failing calls a second; ours opens after so many in a row', async () => {
  const sampling = circuitBreaker(handleType(UpstreamError), {
    halfOpenAfter: 1_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
  })
  for (let made = 0; made < 90; made += 1) {
    await tryIt(sampling, unwell)
    vi.advanceTimersByTime(333)
  }
  expect(sampling.state).toBe(CircuitState.Closed)

  const breaker = ours()
  await call(breaker, unwell)
  vi.advanceTimersByTime(60_000)
  expect(breaker.state).toBe('closed')
  await call(breaker, unwell, 2)
  expect(breaker.state).toBe('open')
})

test('a half-open circuit keeps callers waiting and frees them all at once; ours refuses them', async () => {
  const circuit = theirs()
  await failThrice(circuit)
  vi.advanceTimersByTime(1_000)
  const trial = held<void>()
  let reached = 0
  const others = Array.from({ length: 50 }, () => async () => {
    reached += 1
  })
  const all = [circuit.execute(trial.run), ...others.map((run) => circuit.execute(run))]
  await Promise.resolve()
  trial.resolve()
  await Promise.all(all)
  expect(reached).toBe(50)

  const breaker = ours()
  await call(breaker, unwell, 3)
  vi.advanceTimersByTime(1_000)
  const [ourTrial, run] = [held<void>(), vi.fn(well)]
  const trying = breaker.call(ourTrial.run)
  expect(breaker.state).toBe('half-open')
  expect(await call(breaker, run, 50)).toEqual(Array.from({ length: 50 }, () => 'UpstreamUnavailable'))
  ourTrial.resolve()
  await trying
  expect(run).not.toHaveBeenCalled()
  expect(breaker.state).toBe('closed')
})

test('an error that is not handled closes a half-open circuit; ours stays open', async () => {
  const circuit = theirs()
  await failThrice(circuit)
  vi.advanceTimersByTime(1_000)
  await tryIt(circuit, async () => Promise.reject(new Error('Connection is closed.')))
  expect(circuit.state).toBe(CircuitState.Closed)

  const redisError = async () => Promise.reject(new Error('Connection is closed.'))
  for (const silent of [redisError, failWith('cancelled'), failWith('no-credentials')]) {
    const breaker = ours()
    await call(breaker, unwell, 3)
    vi.advanceTimersByTime(1_000)
    expect(breaker.room(0, 8)).toBe(1)
    await call(breaker, silent)
    expect([breaker.state, breaker.room(0, 8)]).toEqual(['open', 0])
  }
})

test('a late failure from before opens a circuit again that a good trial has closed; ours stays closed', async () => {
  const circuit = theirs()
  const late = [held<void>(), held<void>(), held<void>()]
  const pending = late.map(({ run }) => tryIt(circuit, run))
  await failThrice(circuit)
  vi.advanceTimersByTime(1_000)
  await tryIt(circuit, well)
  for (const { reject } of late) reject(lateFailure)
  await Promise.all(pending)
  expect(circuit.state).toBe(CircuitState.Open)

  const breaker = ours()
  const ourLate = [held<void>(), held<void>(), held<void>()]
  const ourPending = ourLate.map(({ run }) => call(breaker, run))
  await call(breaker, unwell, 3)
  vi.advanceTimersByTime(1_000)
  await call(breaker, well)
  for (const { reject } of ourLate) reject(lateFailure)
  await Promise.all(ourPending)
  expect(breaker.state).toBe('closed')
})

test('a late failure during the trial ends a half-open circuit’s trial; ours goes by the trial alone', async () => {
  const circuit = theirs()
  const late = held<void>()
  const pending = tryIt(circuit, late.run)
  await failThrice(circuit)
  vi.advanceTimersByTime(1_000)
  const trial = held<void>()
  const trying = circuit.execute(trial.run)
  late.reject(lateFailure)
  await pending
  trial.resolve()
  await trying
  expect(circuit.state).toBe(CircuitState.Open)

  const breaker = ours()
  const ourLate = held<void>()
  const ourPending = call(breaker, ourLate.run)
  await call(breaker, unwell, 3)
  vi.advanceTimersByTime(1_000)
  const ourTrial = held<void>()
  const ourTrying = breaker.call(ourTrial.run)
  ourLate.reject(lateFailure)
  await ourPending
  ourTrial.resolve()
  await ourTrying
  expect(breaker.state).toBe('closed')
})

test('a retry that is aborted while it waits calls once more; ours calls once and leaves retries to the queue', async () => {
  const run = vi.fn(unwell)
  const abort = new AbortController()
  const retrying = retry(handleType(UpstreamError), { maxAttempts: 5 })
    .execute(run, abort.signal)
    .catch(() => {})
  await vi.advanceTimersByTimeAsync(0)
  const before = run.mock.calls.length
  abort.abort()
  await vi.advanceTimersByTimeAsync(60_000)
  await retrying
  expect(run.mock.calls.length).toBe(before + 1)

  const once = vi.fn(unwell)
  await call(ours(), once)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(once).toHaveBeenCalledTimes(1)
})

test('an aggressive time-out leaves the call running; ours waits for the call’s own end, however late', async () => {
  const write = vi.fn()
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    write()
  }
  const timed = timeout(1_000, TimeoutStrategy.Aggressive)
    .execute(slow)
    .catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await timed).toContain('timed out')
  expect(write).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(4_000)
  expect(write).toHaveBeenCalledTimes(1)

  const ended = vi.fn()
  const calling = ours().call(slow).then(ended)
  await vi.advanceTimersByTimeAsync(4_999)
  expect(ended).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await calling
  expect(write).toHaveBeenCalledTimes(2)
})
