import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startChild } from '#lib/processes/child.ts'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { stepUnderLock } from '#lib/testing/step-under-lock.ts'
import { createLock } from './lock.ts'

let redis: TestRedis
const key = '{test}:lock'

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.redis.flushall())

const lockOf = (owner: string, heldMs = 60_000) => createLock({ redis: redis.redis, key, owner, heldMs })
const steps = () => redis.redis.lrange(`${key}:steps`, 0, -1)
const lapse = () => redis.redis.del(key)

test('one of many gets it, keeps it by taking it again, and its fence stays', async () => {
  const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => lockOf(`owner-${n}`).take()))
  expect(taken.filter((hold) => hold !== undefined)).toHaveLength(1)
  const owner = `owner-${taken.findIndex((hold) => hold !== undefined)}`
  expect(await lockOf(owner).take()).toEqual(taken.find((hold) => hold !== undefined))
})

test('only its owner gives it back', async () => {
  await lockOf('a').take()
  await lockOf('b').free()
  expect(await lockOf('b').take()).toBeUndefined()
  await lockOf('a').free()
  expect(await lockOf('b').take()).toBeDefined()
})

test('it lapses by itself, and who takes it then has a greater fence, the old owner too', async () => {
  const first = await lockOf('a', 30).take()
  await until('it has lapsed', async () => (await redis.redis.exists(key)) === 0)
  const second = await lockOf('b').take()
  await lapse()
  const third = await lockOf('a').take()
  expect(Number(second?.fence)).toBeGreaterThan(Number(first?.fence))
  expect(Number(third?.fence)).toBeGreaterThan(Number(second?.fence))
})

test('a step is void once the lock has lapsed, whether another has it by then or not', async () => {
  const hold = await lockOf('a').take()
  if (!hold) throw new Error('not taken')
  expect(await stepUnderLock(redis.redis, hold, 'a')).toBe(true)
  await lapse()
  expect(await stepUnderLock(redis.redis, hold, 'late')).toBe(false)
  await lockOf('b').take()
  expect(await stepUnderLock(redis.redis, hold, 'late')).toBe(false)
  expect(await steps()).toEqual(['a'])
})

test('a process that is stopped loses it to another, and when it wakes up it changes nothing', async () => {
  const script = new URL('../testing/hold-lock.ts', import.meta.url).pathname
  const child = startChild(process.execPath, [script, redis.url, key, 'stopped', '500'])
  const said: string[] = []
  child.onLine((line) => said.push(line))
  await until('it holds it', () => said.includes('held'))
  child.process.kill('SIGSTOP')
  const other = lockOf('other')
  let hold = await other.take()
  await until('another has it', async () => {
    hold = await other.take()
    return hold !== undefined
  })
  if (!hold) throw new Error('not taken')
  expect(await stepUnderLock(redis.redis, hold, 'other')).toBe(true)
  await redis.redis.set(`${key}:go`, '1')
  child.process.kill('SIGCONT')
  expect(await child.exited).toBe(0)
  expect(said).toEqual(['held', 'void'])
  expect(await steps()).toEqual(['other'])
  expect(await stepUnderLock(redis.redis, hold, 'other')).toBe(true)
}, 30_000)
