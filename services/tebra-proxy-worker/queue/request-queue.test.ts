import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { until } from '#lib/processes/wait.ts'
import { connectReader, untilReady } from '#lib/redis/connect.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { queueKeys as keys, onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createRequestDesk } from '../intake/request-desk.ts'
import type { NewRequest } from '../intake/submit-to.ts'
import type { ClaimedRequest } from './claimed-request.ts'
import { readNew } from './deliveries.ts'
import { createRequestQueue } from './request-queue.ts'

let redis: TestRedis
let ground: ServiceGround

beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('queue-test', redis)
})
afterAll(async () => {
  ground.redis.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await redis.redis.flushall()
  await ground.dataKeys.ensure('clinic')
  await worker('a').ensureGroup()
})

const limits = { retentionMs: 60_000, inlineBytesMax: 1_000 }
const worker = (consumer: string) => createRequestQueue({ redis: ground.redis, keys, consumer, limits })
const desk = () =>
  createRequestDesk({
    ...ground,
    partitions: onePartition,
    laneKey: Buffer.alloc(32),
    limits: { queueBytesMax: 1_000_000, retentionMs: limits.retentionMs, practiceShare: 3 },
  })

const newRequest = (over: Partial<NewRequest> = {}): NewRequest => ({
  id: uuidv7(),
  action: 'getProviders',
  params: {},
  practiceId: 'clinic',
  userId: uuidv7(),
  correlationId: uuidv7(),
  priority: 'interactive',
  idempotencyKey: undefined,
  ...over,
})

/** Accepts a request and hands it to a consumer. */
async function claimed(consumer = 'a'): Promise<ClaimedRequest> {
  await desk().submit(newRequest())
  const deliveries = await readNew(redis.redis, keys.requests, consumer, { count: 1, blockMs: 1 })
  const [request] = await worker(consumer).claim(deliveries)
  if (!request) throw new Error('nothing was claimed')
  return request
}
const takenOverBy = async (consumer: string): Promise<ClaimedRequest> => {
  const queue = worker(consumer)
  const [request] = await queue.claim(await queue.reclaim(0, 10))
  if (!request) throw new Error('nothing was taken over')
  return request
}
const fail = (): never => {
  throw new Error('nothing is there')
}
const statusEvents = async () => (await redis.redis.xrange(keys.status, '-', '+')).length

test('a submission that is sent twice is one entry', async () => {
  const request = newRequest()
  expect(await desk().submit(request)).toEqual(await desk().submit(request))
  expect(await redis.redis.xlen(keys.requests)).toBe(1)
})

test('what is taken is claimed as it is read: by one worker, in its order, never more than asked for', async () => {
  const submitted = [newRequest(), newRequest(), newRequest()]
  for (const request of submitted) await desk().submit(request)
  const [first, second] = [await worker('a').take(2), await worker('b').take(2)]
  expect([...first, ...second].map(({ id }) => id)).toEqual(submitted.map(({ id }) => id))
  expect(
    first.map(({ fence, deliveries, intent, attempts }) => [fence, deliveries, intent, attempts]),
  ).toEqual([
    [1, 1, 'none', 0],
    [1, 1, 'none', 0],
  ])
  expect(await worker('a').take(2)).toEqual([])
  expect(await worker('a').ownPending()).toEqual(first.map(({ entry, id }) => ({ entry, id })))
  expect(await worker('a').finish(first[0] ?? second[0] ?? fail(), { status: 'success' })).toBe('done')
})

test('what has ended while it waited is taken off the queue and handed to nobody', async () => {
  const request = newRequest()
  await desk().submit(request)
  const record = await desk().readPlain('clinic', request.id)
  await desk().cancel(record ?? fail())
  expect(await worker('a').take(1)).toEqual([])
  expect(await redis.redis.xlen(keys.requests)).toBe(0)
})

test('the owner ends a request once; again changes nothing', async () => {
  const request = await claimed()
  expect(await worker('a').finish(request, { status: 'success', sealed: 'x' })).toBe('done')
  const events = await statusEvents()
  expect(await worker('a').finish(request, { status: 'dead' })).toBe('already')
  expect(await redis.redis.hget(keys.request(request.id), 'status')).toBe('success')
  expect(await statusEvents()).toBe(events)
  expect(await redis.redis.xlen(keys.requests)).toBe(0)
})

test('a worker that was stopped and wakes up after a take-over can end, postpone or begin nothing', async () => {
  const old = await claimed('a')
  const current = await takenOverBy('b')
  expect(current.fence).toBeGreaterThan(old.fence)
  expect(await worker('a').beginAttempt(old)).toBe(0)
  expect(await worker('a').finish(old, { status: 'success', sealed: 'old' })).toBe('fenced')
  expect(await worker('a').postpone(old, { delayMs: 0, reason: 'x', burned: false })).toBe('fenced')
  expect(await worker('b').finish(current, { status: 'success', sealed: 'new' })).toBe('done')
  expect(await redis.redis.hget(keys.request(old.id), 'result')).toBe('new')
})

test('what a taken-over attempt had begun is told to the next worker', async () => {
  const old = await claimed('a')
  expect(await worker('a').beginAttempt(old)).toBe(1)
  expect(await takenOverBy('b')).toMatchObject({ intent: 'sending', attempts: 1 })
})

test('renewing keeps a request from being taken over, and counts no delivery; a void fence renews nothing', async () => {
  const request = await claimed('a')
  await until('it is idle a while', async () => {
    const [pending] = (await redis.redis.xpending(keys.requests, 'workers', '-', '+', 1)) as [
      string,
      string,
      number,
      number,
    ][]
    return (pending?.[2] ?? 0) >= 30
  })
  expect(await worker('a').renew([request])).toEqual([])
  expect(await worker('b').reclaim(30, 10)).toEqual([])
  const [pending] = (await redis.redis.xpending(keys.requests, 'workers', '-', '+', 1)) as [
    string,
    string,
    number,
    number,
  ][]
  expect(pending?.[3]).toBe(1)
  await takenOverBy('b')
  expect(await worker('a').renew([request])).toEqual([request])
})

test('a postponed request leaves the queue for the delayed set and comes back when it is due', async () => {
  const request = await claimed('a')
  await worker('a').beginAttempt(request)
  await worker('a').postpone(request, { delayMs: 60_000, reason: 'throttled', burned: false })
  expect(await worker('a').moveDue()).toBe(0)
  expect(await redis.redis.xlen(keys.requests)).toBe(0)
  await redis.redis.zadd(keys.delayed, '0', request.id)
  expect(await worker('a').moveDue()).toBe(1)
  expect(await worker('b').moveDue()).toBe(0)
  const [again] = await worker('a').claim(
    await readNew(redis.redis, keys.requests, 'a', { count: 1, blockMs: 1 }),
  )
  expect(again).toMatchObject({ id: request.id, intent: 'none', attempts: 0 })
})

test('entries whose delivery reply was lost are found in the own pending list', async () => {
  await desk().submit(newRequest())
  await readNew(redis.redis, keys.requests, 'a', { count: 1, blockMs: 1 })
  expect(await worker('a').ownPending()).toHaveLength(1)
  expect(await worker('b').ownPending()).toHaveLength(0)
})

test('only the consumer that holds an entry can claim it', async () => {
  await desk().submit(newRequest())
  const deliveries = await readNew(redis.redis, keys.requests, 'a', { count: 1, blockMs: 1 })
  expect(await worker('b').claim(deliveries)).toEqual([])
  expect(await worker('a').claim(deliveries)).toHaveLength(1)
})

test('a cancelled request is acknowledged unworked by whoever claims it', async () => {
  const request = newRequest()
  await desk().submit(request)
  const record = await desk().read('clinic', request.id)
  if (!record) throw new Error('no record')
  expect(await desk().cancel(record)).toBe('done')
  expect(await desk().cancel(record)).toBe('ended')
  expect(
    await worker('a').claim(await readNew(redis.redis, keys.requests, 'a', { count: 1, blockMs: 1 })),
  ).toEqual([])
  expect(await redis.redis.xlen(keys.requests)).toBe(0)
  expect(Number(await redis.redis.get(keys.bytes))).toBe(0)
})

test('a consumer with pending entries is not deleted, an idle one is', async () => {
  const request = await claimed('a')
  expect(await worker('a').removeConsumer()).toBe(false)
  await worker('a').finish(request, { status: 'error', error: { code: 'x', message: 'x', retryable: false } })
  expect(await worker('a').removeConsumer()).toBe(true)
})

test('a result above the inline limit is told by reference, and the record has it', async () => {
  const request = await claimed('a')
  await worker('a').finish(request, { status: 'success', sealed: 'y'.repeat(1_001) })
  const [[, fields] = []] = (await redis.redis.xrange(keys.responses, '-', '+')) as [string, string[]][]
  expect(fields?.[(fields?.indexOf('large') ?? 0) + 1]).toBe('1')
  expect(await redis.redis.hget(keys.request(request.id), 'result')).toHaveLength(1_001)
})

test('every step survives a flushed script cache', async () => {
  const request = await claimed('a')
  await redis.redis.script('FLUSH')
  expect(await worker('a').beginAttempt(request)).toBe(1)
  await redis.redis.script('FLUSH')
  expect(await worker('a').finish(request, { status: 'success', sealed: 'x' })).toBe('done')
})

test('an ended record ages out, an open and a dead one stay', async () => {
  const done = await claimed('a')
  await worker('a').finish(done, { status: 'success', sealed: 'x' })
  const dead = await claimed('a')
  expect(await redis.redis.pttl(keys.request(dead.id))).toBe(-1)
  await worker('a').finish(dead, { status: 'dead' })
  expect(await redis.redis.pttl(keys.request(done.id))).toBeGreaterThan(0)
  expect(await redis.redis.pttl(keys.request(dead.id))).toBe(-1)
})

test('the group is made at the beginning, so that nothing queued before is passed over', async () => {
  await redis.redis.del(keys.requests)
  await desk().submit(newRequest())
  await worker('a').ensureGroup()
  await worker('a').ensureGroup()
  const reader = connectReader({ url: redis.url, name: 'test' }, 100, { onError: () => {} })
  await untilReady(reader)
  expect(await readNew(reader, keys.requests, 'a', { count: 5, blockMs: 100 })).toHaveLength(1)
  reader.disconnect()
})

const claimNext = async (count = 10) =>
  worker('a').claim(await readNew(redis.redis, keys.requests, 'a', { count, blockMs: 1 }))
const idsOf = (requests: readonly { id: string }[]) => requests.map(({ id }) => id)

test('requests about the same patient are worked in their order, one at a time; others overtake', async () => {
  const about = (patientId: string) => newRequest({ action: 'getPatient', params: { patientId } })
  const [first, second, other] = [about('1'), about('1'), about('2')]
  for (const request of [first, second, other]) await desk().submit(request)
  const taken = await claimNext()
  expect(idsOf(taken)).toEqual([first.id, other.id])

  const [head] = taken
  if (!head) throw new Error('nothing was claimed')
  await worker('a').postpone(head, { delayMs: 0, reason: 'timed-out', burned: true })
  expect(await claimNext()).toEqual([])
  await worker('a').moveDue()
  const [again] = await claimNext()
  if (!again) throw new Error('the head did not come back')
  await worker('a').finish(again, { status: 'dead' })
  expect(idsOf(await claimNext())).toEqual([second.id])
})

test('a parked request that is cancelled leaves its lane, and the one behind it goes on', async () => {
  const requests = [1, 2, 3].map(() => newRequest({ action: 'getPatient', params: { patientId: '1' } }))
  for (const request of requests) await desk().submit(request)
  const parked = await desk().read('clinic', requests[1]?.id ?? '')
  if (!parked) throw new Error('no record')
  expect(await desk().cancel(parked)).toBe('done')
  const [head] = await claimNext()
  if (!head) throw new Error('nothing was claimed')
  await worker('a').finish(head, { status: 'success', sealed: 'x' })
  expect(idsOf(await claimNext())).toEqual([requests[2]?.id])
})

test('a practice’s flood waits in its own line: another practice’s request is not behind it', async () => {
  await ground.dataKeys.ensure('other')
  for (let count = 0; count < 20; count += 1) await desk().submit(newRequest())
  const small = newRequest({ practiceId: 'other' })
  await desk().submit(small)
  const taken = await claimNext(100)
  expect(taken).toHaveLength(4)
  expect(idsOf(taken)).toContain(small.id)
})

test('what waits in line comes in as places get free, interactive before bulk, and none is left behind', async () => {
  const bulk = Array.from({ length: 5 }, () => newRequest({ priority: 'bulk' }))
  const urgent = Array.from({ length: 2 }, () => newRequest())
  for (const request of [...bulk, ...urgent]) await desk().submit(request)
  const order: string[] = []
  for (let round = 0; round < 10; round += 1) {
    for (const request of await claimNext(1)) {
      order.push(request.id)
      await worker('a').finish(request, { status: 'success', sealed: 'x' })
    }
  }
  expect(order).toEqual(idsOf([...bulk.slice(0, 3), ...urgent, ...bulk.slice(3)]))
  expect(await redis.redis.hget(keys.practiceQueue('clinic'), 'active')).toBe('0')
})

test('what is wrong with one practice’s keys stops neither the submission nor the end of another’s request', async () => {
  await ground.dataKeys.ensure('other')
  await redis.redis.set(keys.practiceHistory('other'), 'not a set')
  const one = desk()
  const [kept, broken] = await Promise.allSettled([
    one.submit(newRequest()),
    one.submit(newRequest({ practiceId: 'other' })),
  ])
  expect(kept).toMatchObject({ status: 'fulfilled', value: { kind: 'accepted' } })
  expect(broken).toMatchObject({ status: 'rejected', reason: { message: /WRONGTYPE/ } })
  // Its caller was told that it failed, and sends it again: it must not be worked beside.
  expect(await redis.redis.xlen(keys.requests)).toBe(1)
  expect(await redis.redis.zcard(keys.open)).toBe(1)

  await redis.redis.del(keys.practiceHistory('other'))
  await one.submit(newRequest({ practiceId: 'other' }))
  await redis.redis.set(keys.dead('other'), 'not a set')
  const taken = await claimNext()
  const ended = await Promise.allSettled(
    taken.map((request) => worker('a').finish(request, { status: 'dead' })),
  )
  const byPractice = Map.groupBy(taken.keys(), (index) => taken[index]?.practiceId)
  for (const index of byPractice.get('clinic') ?? []) expect(ended[index]).toMatchObject({ value: 'done' })
  for (const index of byPractice.get('other') ?? [])
    expect(ended[index]).toMatchObject({ reason: { message: /WRONGTYPE/ } })
})
