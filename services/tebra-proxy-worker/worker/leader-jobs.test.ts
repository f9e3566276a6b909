import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { queueKeys as keys, onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createRequestDesk } from '../intake/request-desk.ts'
import { group, readNew } from '../queue/deliveries.ts'
import { createRequestQueue } from '../queue/request-queue.ts'
import { createLeaderJobs } from './leader-jobs.ts'

let redis: TestRedis
let ground: ServiceGround
let lost: number

beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('leader-test', redis)
})
afterAll(async () => {
  ground.redis.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await redis.redis.flushall()
  await ground.dataKeys.ensure('clinic')
  lost = 0
  await queueOf('a').ensureGroup()
})

const limits = { retentionMs: 60_000, inlineBytesMax: 1_000 }
const queueOf = (consumer: string) =>
  createRequestQueue({
    redis: redis.redis,
    keys,
    consumer,
    limits,
    onLost: (entries) => {
      lost += entries
    },
  })
const jobsOf = (worker: string, isStopped = async () => false) =>
  createLeaderJobs({
    redis: redis.redis,
    keys,
    worker,
    queue: queueOf(worker),
    leaseMs: 60_000,
    patienceMs: 0,
    silentMs: 0,
    isStopped,
  })
const leading = async (worker = 'a') => {
  const jobs = jobsOf(worker)
  await jobs.lead()
  return jobs
}
const submit = async (params: object = {}, practiceShare = 2): Promise<string> => {
  const desk = createRequestDesk({
    ...ground,
    partitions: onePartition,
    laneKey: Buffer.alloc(32),
    limits: { queueBytesMax: 1_000_000, retentionMs: limits.retentionMs, practiceShare },
  })
  const id = uuidv7()
  await desk.submit({
    id,
    action: 'patientId' in params ? 'getPatient' : 'getProviders',
    params,
    practiceId: 'clinic',
    userId: uuidv7(),
    correlationId: uuidv7(),
    priority: 'interactive',
    idempotencyKey: undefined,
  })
  return id
}
const claim = async (consumer: string, count = 10) =>
  queueOf(consumer).claim(await readNew(redis.redis, keys.requests, consumer, { count, blockMs: 1 }))
const idsInStream = async () =>
  (await redis.redis.xrange(keys.requests, '-', '+')).map(([, fields]) => fields[1])
const activePlaces = async () => Number(await redis.redis.hget(keys.practiceQueue('clinic'), 'active'))
const dropEntries = async () => {
  const entries = await redis.redis.xrange(keys.requests, '-', '+')
  await redis.redis.xdel(keys.requests, ...entries.map(([entry]) => entry))
}

test('an entry that was deleted in a worker’s hands is told of, and its request comes back to be worked', async () => {
  const id = await submit()
  const [old] = await claim('dead')
  await queueOf('dead').beginAttempt(old ?? fail())
  await dropEntries()
  expect(await queueOf('b').reclaim(0, 10)).toEqual([])
  expect(lost).toBe(1)

  const jobs = await leading()
  expect(await jobs.sweep()).toEqual({ back: [], missed: 1, clean: false })
  expect(await jobs.sweep()).toEqual({ back: [id], missed: 0, clean: false })
  expect(await jobs.sweep()).toEqual({ back: [], missed: 0, clean: true })
  const [again] = await claim('b')
  // What was begun stays known: a write is looked for before it is sent.
  expect(again).toMatchObject({ id, intent: 'sending', attempts: 1 })
  expect(await queueOf('dead').finish(old ?? fail(), { status: 'success', sealed: 'x' })).toBe('fenced')
  await queueOf('b').finish(again ?? fail(), { status: 'success', sealed: 'y' })
  expect(await activePlaces()).toBe(0)
})

test('an entry that was deleted before anybody had it is put back too, and the practice keeps its places', async () => {
  const ids = [await submit(), await submit(), await submit()]
  await dropEntries()
  const jobs = await leading()
  await jobs.sweep()
  await jobs.sweep()
  await jobs.sweep()
  const worked: string[] = []
  for (let taken = await claim('a', 1); taken.length > 0; taken = await claim('a', 1))
    for (const request of taken) {
      worked.push(request.id)
      await queueOf('a').finish(request, { status: 'success', sealed: 'x' })
    }
  expect(worked.sort()).toEqual(ids.sort())
  expect(await activePlaces()).toBe(0)
  expect(await redis.redis.zcard(keys.open)).toBe(0)
})

test('a worker whose entry was deleted under it is told to stop', async () => {
  await submit()
  const held = await claim('a')
  await dropEntries()
  expect(await queueOf('a').renew(held)).toEqual(held)
})

test('what waits, is parked, is delayed, or is in hand is left where it is', async () => {
  const about = { patientId: '1' }
  await submit(about)
  await submit(about)
  await submit()
  await submit()
  await submit()
  const [first] = await claim('a', 1)
  await queueOf('a').postpone(first ?? fail(), { delayMs: 60_000, reason: 'timed-out', burned: true })
  await claim('a', 1)
  const before = await idsInStream()
  const jobs = await leading()
  for (let round = 0; round < 3; round += 1)
    expect(await jobs.sweep()).toEqual({ back: [], missed: 0, clean: true })
  expect(await idsInStream()).toEqual(before)
  expect(before).toHaveLength(2)
})

test('places that leaked are counted anew, and who waits gets them', async () => {
  await redis.redis.hset(keys.practiceQueue('clinic'), 'active', '9')
  const ids = [await submit(), await submit(), await submit()]
  expect(await idsInStream()).toEqual([])
  expect(await (await leading()).sweep()).toMatchObject({ back: [], missed: 0 })
  expect(await idsInStream()).toEqual(ids.slice(0, 2))
  expect(await activePlaces()).toBe(2)
})

test('an entry whose record has aged out gives its practice the place back', async () => {
  const id = await submit()
  await redis.redis.del(keys.request(id))
  expect(await claim('a')).toEqual([])
  expect(await activePlaces()).toBe(0)
})

test('a request whose end was cut half-way has ended: it is never put back to be worked again', async () => {
  const id = await submit()
  const [request] = await claim('a')
  await redis.redis.del(keys.bytes)
  await redis.redis.rpush(keys.bytes, 'not a number')
  const end = () => queueOf('a').finish(request ?? fail(), { status: 'success', sealed: 'x' })
  await expect(end()).rejects.toThrow('WRONGTYPE')
  expect(await end()).toBe('already')
  expect(await redis.redis.zscore(keys.open, id)).not.toBeNull()

  const jobs = await leading()
  for (let round = 0; round < 3; round += 1)
    expect(await jobs.sweep()).toEqual({ back: [], missed: 0, clean: true })
  expect(await redis.redis.hget(keys.request(id), 'status')).toBe('success')
  expect(await redis.redis.zcard(keys.open)).toBe(0)
  expect(await idsInStream()).toEqual([])
})

test('one leads, and one that was stopped and wakes up moves, sweeps and tidies nothing', async () => {
  const [old, other] = [await leading('old'), jobsOf('other')]
  const request = (await submit().then(() => claim('a', 1)))[0] ?? fail()
  await queueOf('a').postpone(request, { delayMs: 0, reason: 'timed-out', burned: true })
  await redis.redis.zadd(keys.delayed, '0', request.id)
  await other.lead()
  await other.move()
  expect(await redis.redis.zcard(keys.delayed)).toBe(1)

  // The lease of the stopped one runs out.
  await redis.redis.del(keys.leader)
  await other.lead()
  await old.move()
  expect(await old.sweep()).toBeUndefined()
  expect(await redis.redis.zcard(keys.delayed)).toBe(1)
  await other.move()
  expect(await redis.redis.zcard(keys.delayed)).toBe(0)
})

test('who resigns leaves the lead to the next at once', async () => {
  const first = await leading('first')
  await first.resign()
  const next = await leading('next')
  expect(await next.sweep()).toBeDefined()
})

test('a held line goes on when its account is no longer stopped, in its order and within its share', async () => {
  const ids = []
  for (let n = 0; n < 4; n += 1) ids.push(await submit())
  for (const request of (await claim('a')).reverse()) {
    await queueOf('a').beginAttempt(request)
    expect(await queueOf('a').hold(request, false)).toBe('done')
  }
  expect(await idsInStream()).toEqual([])
  ids.push(await submit())
  expect(await idsInStream()).toEqual([])

  const stillStopped = jobsOf('a', async () => true)
  await stillStopped.lead()
  await stillStopped.tidy()
  expect(await idsInStream()).toEqual([])
  await (await leading()).tidy()
  expect(await idsInStream()).toEqual(ids.slice(0, 2))
  const worked: string[] = []
  for (let taken = await claim('a', 1); taken.length > 0; taken = await claim('a', 1))
    for (const request of taken) {
      expect(request).toMatchObject({ attempts: 0, intent: 'none' })
      worked.push(request.id)
      await queueOf('a').finish(request, { status: 'success', sealed: 'x' })
    }
  expect(worked).toEqual(ids)
})

test('a leader that is stopped while it looks at an account, and wakes up as one no more, lets no line go on', async () => {
  await submit()
  for (const request of await claim('a')) await queueOf('a').hold(request, false)
  const old = jobsOf('old', async () => {
    await redis.redis.del(keys.leader)
    await jobsOf('other').lead()
    return false
  })
  await old.lead()
  await old.tidy()
  expect(await idsInStream()).toEqual([])
})

test('a silent consumer is tidied away, one with requests in hand never', async () => {
  await submit()
  await claim('busy')
  await claim('idle')
  await (await leading()).tidy()
  const names = ((await redis.redis.xinfo('CONSUMERS', keys.requests, group)) as unknown[][]).map((c) => c[1])
  expect(names).toEqual(['busy'])
})

function fail(): never {
  throw new Error('nothing was claimed')
}
