import { expect, test } from 'vitest'
import { UpstreamError } from '../upstream/upstream-error.ts'
import { attempt } from './attempt.ts'
import type { BreakerState } from './breaker.ts'
import { createLocalBreaker } from './local-breaker.ts'
import { call, failWith, held, unwell, well } from './testing/fleet.ts'

const started = (failures = 3) => {
  const changes: BreakerState[] = []
  const waitMs = 20
  const breaker = createLocalBreaker({ failures, waitMs, now: Date.now, onChange: (at) => changes.push(at) })
  const wait = () => new Promise((resolve) => setTimeout(resolve, waitMs + 5))
  return { breaker, changes, wait }
}

test.each(['throttled', 'wrong-credentials', 'request-refused', 'not-found', 'cancelled'] as const)(
  'never opens because of %s, however often',
  async (reason) => {
    const { breaker } = started()
    await call(breaker, failWith(reason), 50)
    expect([breaker.state, breaker.room(3, 8)]).toEqual(['closed', 5])
  },
)

test('an answer ends a row of failures; what says nothing of the upstream does not', async () => {
  const { breaker } = started()
  await call(breaker, unwell, 2)
  await call(breaker, failWith('not-found'))
  await call(breaker, unwell, 2)
  expect(breaker.state).toBe('closed')
  await call(breaker, failWith('cancelled'))
  await call(breaker, unwell)
  expect(breaker.state).toBe('open')
})

test('a trial that is refused by a working upstream closes it, one that fails opens it for another wait', async () => {
  const { breaker, changes, wait } = started()
  await call(breaker, unwell, 3)
  await wait()
  expect(await call(breaker, unwell)).toEqual(['UpstreamError'])
  expect(await call(breaker, well)).toEqual(['UpstreamUnavailable'])
  await wait()
  await call(breaker, failWith('throttled'))
  expect([breaker.state, changes]).toEqual(['closed', ['open', 'closed']])
})

test('ramps after a recovery: 1, 2, 4, … and a failure in between does not widen it', async () => {
  const { breaker, wait } = started()
  expect(breaker.room(0, 64)).toBe(64)
  await call(breaker, unwell, 3)
  await wait()
  await call(breaker, well)
  const widths: number[] = []
  for (const calls of [0, 1, 2, 4]) {
    await call(breaker, well, calls)
    widths.push(breaker.room(0, 64))
  }
  expect(widths).toEqual([1, 2, 4, 8])
  await call(breaker, well, 7)
  await call(breaker, unwell)
  await call(breaker, well, 7)
  expect(breaker.room(0, 64)).toBe(8)
  expect(breaker.room(3, 64)).toBe(5)
  await call(breaker, well)
  expect(breaker.room(0, 64)).toBe(16)
})

test('the error of a call reaches its caller as it was thrown', async () => {
  const { breaker } = started()
  for (const error of [
    new UpstreamError('timed-out', { operation: 'GetPatient' }),
    new UpstreamError('cancelled', { operation: 'GetPatient' }),
    new RangeError('ours'),
  ])
    await expect(breaker.call(() => Promise.reject(error))).rejects.toBe(error)
})

test('a health check that answers “not healthy” proves nothing of the upstream’s health', async () => {
  expect(await attempt(async () => ({ healthy: false }))).toMatchObject({ verdict: 'silent' })
  expect(await attempt(async () => ({ healthy: true }))).toMatchObject({ verdict: 'well' })
})

test('what is under way when the state is decided elsewhere ends without moving it', async () => {
  const { breaker, wait } = started(1)
  const [good, bad, trial] = [held<void>(), held<void>(), held<void>()]
  const calls = [call(breaker, good.run), call(breaker, bad.run)]
  breaker.reset('open')
  good.resolve()
  await calls[0]
  expect(breaker.state).toBe('open')
  breaker.reset('closed')
  bad.reject(new UpstreamError('timed-out', { operation: 'GetPatient' }))
  await calls[1]
  expect(breaker.state).toBe('closed')

  await call(breaker, unwell)
  await wait()
  const trying = call(breaker, trial.run)
  breaker.reset('open')
  trial.resolve()
  await trying
  expect(breaker.state).toBe('open')
})
