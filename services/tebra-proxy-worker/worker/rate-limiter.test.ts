import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { onePartition, queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createRateLimiter } from './rate-limiter.ts'

let redis: TestRedis
const signal = new AbortController().signal

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.redis.flushall())

const limiter = () => createRateLimiter({ redis: redis.redis, partitions: onePartition, marginMs: 10 })
const redisNow = async () => {
  const [seconds, micros] = await redis.redis.time()
  return Number(seconds) * 1000 + Number(micros) / 1000
}

test('five processes together never call an operation more often than its interval allows', async () => {
  const turns: number[] = []
  const fleet = Array.from({ length: 5 }, limiter)
  await Promise.all(
    fleet.flatMap((one) =>
      [1, 2].map(async () => {
        await one.admit('account', 'GetPatient', signal)
        // The end of this turn's interval, as the script set it: exact, however late this line runs.
        turns.push(Number(await redis.redis.get(queueKeys.limit('account', 'GetPatient'))))
      }),
    ),
  )
  const gaps = turns
    .sort((a, b) => a - b)
    .flatMap((at, index) => (index === 0 ? [] : [at - (turns[index - 1] ?? 0)]))
  expect(gaps).toHaveLength(9)
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(260)
})

test('accounts and operations do not wait for each other', async () => {
  const one = limiter()
  await one.admit('a', 'GetThrottles', signal)
  await Promise.all([one.admit('b', 'GetThrottles', signal), one.admit('a', 'GetPatient', signal)])
})

test('a pause holds the operation back for the whole fleet', async () => {
  await limiter().pause('account', 'GetPatient', 400)
  const before = await redisNow()
  await limiter().admit('account', 'GetPatient', signal)
  expect((await redisNow()) - before).toBeGreaterThan(300)
})

test('a waiter that is aborted leaves at once and does not hold up the next', async () => {
  const one = limiter()
  await one.admit('account', 'GetThrottles', signal)
  const abort = new AbortController()
  const waiting = one.admit('account', 'GetThrottles', abort.signal)
  const next = one.admit('account', 'GetThrottles', AbortSignal.timeout(300))
  abort.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(next).rejects.toThrow()
  await redis.redis.del(queueKeys.limit('account', 'GetThrottles'))
  await one.admit('account', 'GetThrottles', signal)
})

test('what the vendor states overrides the table, and the margin comes on top', () => {
  const one = limiter()
  expect(one.intervalMs('a', 'GetPatient')).toBe(260)
  one.override(
    'a',
    new Map([
      ['GetPatient', 400],
      ['GetPatients', 0],
    ]),
  )
  expect(one.intervalMs('a', 'GetPatient')).toBe(410)
  expect(one.intervalMs('a', 'GetPatients')).toBe(0)
  expect(one.intervalMs('b', 'GetPatient')).toBe(260)
  expect(one.intervalMs('a', 'SomethingNew')).toBe(1_010)
})
