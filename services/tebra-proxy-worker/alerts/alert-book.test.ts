import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { fleetKeys } from '#lib/redis/keys.ts'
import { createLock } from '#lib/redis/lock.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createAlertBook, type Sighting } from './alert-book.ts'
import { watchQueue } from './watch-sources.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(() => redis.redis.flushall())

const book = () => createAlertBook(redis)
const sight = (stands: boolean, over: Partial<Sighting> = {}): Sighting => ({
  kind: 'queue-age',
  subject: 'queue',
  reason: 'oldest-request',
  stands,
  ...over,
})
const phases = async () => (await book().recent(100)).map(({ phase }) => phase).reverse()

test('one alert when trouble starts and one when it ends, however often and by however many it is seen', async () => {
  const all = (stands: boolean) =>
    Promise.all(Array.from({ length: 20 }, () => book().tell([sight(stands), sight(stands)])))
  await all(false)
  await all(true)
  await all(true)
  expect(await book().open()).toMatchObject([
    { kind: 'queue-age', subject: 'queue', reason: 'oldest-request' },
  ])
  await all(false)
  await all(true)
  expect(await phases()).toEqual(['started', 'ended', 'started'])
})

test('what is about one practice is apart from what is about another', async () => {
  const about = (practiceId: string) => ({ kind: 'dead-letters' as const, subject: practiceId, practiceId })
  await book().tell([sight(true, about('a')), sight(true, about('b'))])
  await book().tell([sight(false, about('a'))])
  expect(await book().open()).toMatchObject([{ subject: 'b', practiceId: 'b' }])
  const [ended] = await book().recent(1)
  expect(ended).toMatchObject({ phase: 'ended', subject: 'a' })
  expect(Date.parse(ended?.since ?? '')).toBeLessThanOrEqual(Date.parse(ended?.at ?? ''))
})

test('an alert that must stand for a while does not end before', async () => {
  await book().tell([sight(true)])
  await book().tell([sight(false, { standsMs: 60_000 })])
  expect(await phases()).toEqual(['started'])
})

test('a watch that was stopped and wakes up tells nothing', async () => {
  const lockOf = (owner: string) =>
    createLock({ redis: redis.redis, key: fleetKeys.watch, owner, heldMs: 60_000 })
  const old = await lockOf('old').take()
  await redis.redis.del(fleetKeys.watch)
  await lockOf('new').take()
  await book().tell([sight(true)], old)
  expect(await phases()).toEqual([])
})

test('what is remembered is bounded', async () => {
  for (let round = 0; round < 1_200; round += 1) await book().tell([sight(true), sight(false)])
  expect(await redis.redis.xlen(fleetKeys.alerts)).toBeLessThan(1_200)
})

test('a watch that read the queue’s bytes before the intake refused does not end that alert', async () => {
  const figures = { depth: 1, pending: 0, delayed: 0, oldestAgeMs: 0, bytes: 10, holders: [] }
  const limits = { queueAgeMs: 1e9, queueDepth: 1e9, queueBytesMax: 6_000, stalledMs: 1e9 }
  const readBefore = await watchQueue(redis.redis, figures, limits)
  expect(readBefore).toContainEqual(expect.objectContaining({ kind: 'queue-full', stands: false }))
  await book().tell([sight(true, { kind: 'queue-full', reason: 'byte-budget' })])
  await book().tell(readBefore)
  expect(await phases()).toEqual(['started'])
})
