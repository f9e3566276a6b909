import { expect, test } from 'vitest'
import { Problem } from '#lib/contract/problem.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { queueKeysIn } from '#lib/redis/keys.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { type StartedProxy, testAccount } from '../testing/proxy.ts'
import { changePartitions, NotDrained } from './move-practices.ts'

/** Two practices in each of three partitions. */
const practices = createPartitions(3).all.flatMap((keys) =>
  Array.from({ length: 40 }, (_, index) => `clinic-${index}`)
    .filter((id) => createPartitions(3).of(id).requests === keys.requests)
    .slice(0, 2),
)
const accounts = JSON.stringify(Object.fromEntries(practices.map((id) => [id, testAccount])))

const { redis, simulator, start: startWith } = clinicForEachTest()
const start = (partitions: number, env: Record<string, string> = {}): Promise<StartedProxy> =>
  startWith({ TEBRA_ACCOUNTS: accounts, QUEUE_PARTITIONS: String(partitions), ...env })
const change = (target: number, drainMs = 20_000, owner = 'test') =>
  changePartitions({ redis: redis.redis, say: () => {}, drainMs, owner }, target)
const body = { action: 'getProviders', params: {} }
const submitAs = async (proxy: StartedProxy, as: TestSession, key: string) => {
  const answer = await proxy.post('/tebra/requests', body, { as, headers: { 'Idempotency-Key': key } })
  return { status: answer.status, id: ((await answer.json()) as { id: string }).id }
}
const readAs = async (proxy: StartedProxy, as: TestSession, path: string) =>
  (await proxy.request(path, { as })).json()

test('a practice’s partition is the same everywhere, and a new partition takes only its share', () => {
  const many = Array.from({ length: 3_000 }, (_, index) => `practice-${index}`)
  const [three, again, four] = [createPartitions(3), createPartitions(3), createPartitions(4)]
  const moved = many.filter((id) => three.of(id).requests !== four.of(id).requests)
  for (const id of many) expect(again.of(id).requests).toBe(three.of(id).requests)
  for (const id of moved) expect(four.of(id)).toBe(four.all[3])
  expect(moved.length / many.length).toBeGreaterThan(0.2)
  expect(moved.length / many.length).toBeLessThan(0.3)
})

test('requests of every practice are worked off, each in its own partition', async () => {
  const proxy = await start(3)
  const sessions = await Promise.all(
    practices.map((practiceId) => proxy.signIn({ practiceId, roles: ['front-desk'] })),
  )
  const ids = await Promise.all(
    sessions.map(async (as) => (await submitAs(proxy, as, 'the-same-intention')).id),
  )
  for (const [index, as] of sessions.entries()) {
    const record = RequestRecord.parse(await readAs(proxy, as, `/tebra/requests/${ids[index]}?wait=20`))
    expect(record.status).toBe('success')
    const home = createPartitions(3).of(as.practiceId)
    expect(await redis.redis.exists(home.request(record.id))).toBe(1)
  }
  const lengths = await Promise.all([0, 1, 2].map((n) => redis.redis.xlen(queueKeysIn(n).responses)))
  expect(lengths.reduce((a, b) => a + b)).toBe(practices.length)
  expect(Math.min(...lengths)).toBeGreaterThan(0)
})

test('after growing, histories, results, dead letters and idempotency keys are where they are looked for', async () => {
  const old = await start(1)
  const sessions = await Promise.all(
    practices.map((practiceId) => old.signIn({ practiceId, roles: ['front-desk', 'operator'] })),
  )
  const ids = await Promise.all(
    sessions.map(async (as) => (await submitAs(old, as, 'the-same-intention')).id),
  )
  for (const [index, as] of sessions.entries()) await readAs(old, as, `/tebra/requests/${ids[index]}?wait=20`)
  await simulator.misbehave({ operation: 'GetPatient', fault: 'http-error', status: 400 })
  const letters = await Promise.all(
    sessions.map(async (as) => {
      const answer = await old.post(
        '/tebra/requests',
        { action: 'getPatient', params: { patientId: '1' } },
        { as },
      )
      return ((await answer.json()) as { id: string }).id
    }),
  )
  for (const [index, as] of sessions.entries())
    await readAs(old, as, `/tebra/requests/${letters[index]}?wait=20`)
  const ends = await Promise.all(
    sessions.map((as, index) => readAs(old, as, `/tebra/requests/${letters[index]}`)),
  )
  await change(3)
  expect((await old.request('/readyz')).status).toBe(503)
  await simulator.misbehave()

  const grown = await start(3)
  await expect.poll(async () => (await grown.request('/readyz')).status, { timeout: 10_000 }).toBe(200)
  for (const [index, as] of sessions.entries()) {
    expect(await submitAs(grown, as, 'the-same-intention')).toEqual({ status: 202, id: ids[index] })
    expect(await readAs(grown, as, `/tebra/requests/${ids[index]}`)).toMatchObject({
      status: 'success',
      data: expect.any(Array),
    })
    expect(await readAs(grown, as, `/tebra/requests/${letters[index]}`)).toEqual(ends[index])
    const { requests } = (await readAs(grown, as, '/tebra/requests')) as { requests: { id: string }[] }
    expect(requests.map(({ id }) => id).sort()).toEqual([ids[index], letters[index]].sort())
  }
})

test('a dead letter that has moved is requeued in its new partition, and in its lane', async () => {
  const old = await start(1, { ROLE: 'intake' })
  const partitions = createPartitions(2)
  const practiceId = practices.find((id) => partitions.of(id) === partitions.all[1]) ?? ''
  const as = await old.signIn({ practiceId, roles: ['front-desk', 'operator'] })
  const answer = await old.post(
    '/tebra/requests',
    { action: 'getPatient', params: { patientId: '7' } },
    { as },
  )
  const { id } = (await answer.json()) as { id: string }
  const [from, to] = [queueKeysIn(0), queueKeysIn(1)]
  // As a worker leaves it after its last attempt.
  await redis.redis.hset(from.request(id), { status: 'dead', endedAt: '5', error: '', meta: '' })
  await redis.redis.zadd(from.dead(practiceId), '5', id)
  await redis.redis.zrem(from.open, id)

  await change(2)
  const grown = await start(2)
  expect((await grown.post(`/tebra/dead-letters/${id}/requeue`, {}, { as })).status).toBe(200)
  expect(await readAs(grown, as, `/tebra/requests/${id}?wait=20`)).toMatchObject({ id, attempts: 1 })
  expect(await redis.redis.exists(from.request(id))).toBe(0)
  expect(await redis.redis.hget(to.request(id), 'queue')).toBe(to.requests)
  expect(await redis.redis.hget(to.request(id), 'lane')).toMatch(/^\{tebra:1\}:lane:/)
})

test('a practice’s event history moves with it, each entry under its id and to its end', async () => {
  const [from, to] = [queueKeysIn(0), queueKeysIn(1)]
  const two = createPartitions(2)
  const practiceId = practices.find((id) => two.of(id) === two.all[1]) ?? ''
  const stays = practices.find((id) => two.of(id) === two.all[0]) ?? ''
  for (const id of [practiceId, stays]) {
    await redis.redis.xadd(from.practiceEvents(id), '7-1', 'event', 'told')
    await redis.redis.pexpire(from.practiceEvents(id), 600_000)
  }
  await change(2)
  expect(await redis.redis.xrange(to.practiceEvents(practiceId), '-', '+')).toEqual([
    ['7-1', ['event', 'told']],
  ])
  expect(await redis.redis.pttl(to.practiceEvents(practiceId))).toBeGreaterThan(500_000)
  expect(await redis.redis.exists(from.practiceEvents(practiceId))).toBe(0)
  expect(await redis.redis.exists(from.practiceEvents(stays))).toBe(1)
})

test('while requests are under way nothing moves: the intake says so, and opens again as it was', async () => {
  const intake = await start(1, { ROLE: 'intake' })
  const as = await intake.signIn({ practiceId: practices[0] ?? '', roles: ['front-desk'] })
  await submitAs(intake, as, 'one-under-way')
  const changing = change(2, 1_000)
  changing.catch(() => {})
  const refused = async () => {
    const answer = await intake.post('/tebra/requests', body, { as })
    return answer.status === 503 && Problem.parse(await answer.json()).code === 'queue-moving'
  }
  await expect.poll(refused).toBe(true)
  await expect(changing).rejects.toBeInstanceOf(NotDrained)
  expect((await submitAs(intake, as, 'afterwards')).status).toBe(202)
})

test('a change that was killed half-way is finished by the next run, and by no other number', async () => {
  const old = await start(1)
  const sessions = await Promise.all(
    practices.map((practiceId) => old.signIn({ practiceId, roles: ['front-desk'] })),
  )
  const ids = await Promise.all(
    sessions.map(async (as) => (await submitAs(old, as, 'the-same-intention')).id),
  )
  for (const [index, as] of sessions.entries()) await readAs(old, as, `/tebra/requests/${ids[index]}?wait=20`)

  // Every command of the run counts; at one of them its connection breaks.
  let left = 30
  const breaking = new Proxy(redis.redis, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (name !== 'unlink' || typeof member !== 'function')
        return typeof member === 'function' ? member.bind(target) : member
      return (key: string) => {
        left -= 10
        if (left <= 0) throw new Error('killed')
        return target.unlink(key)
      }
    },
  })
  const killed = changePartitions({ redis: breaking, say: () => {}, drainMs: 20_000, owner: 'killed' }, 3)
  await expect(killed).rejects.toThrow('killed')
  await redis.redis.del('{tebra}:partitions-lock')
  await expect(change(4)).rejects.toThrow('a change from 1 to 3 is unfinished')
  await redis.redis.del('{tebra}:partitions-lock')
  await change(3)

  const grown = await start(3)
  for (const [index, as] of sessions.entries())
    expect(await readAs(grown, as, `/tebra/requests/${ids[index]}`)).toMatchObject({ status: 'success' })
})

test('of two runs at once one moves, the other says so', async () => {
  await start(1)
  await redis.redis.set(queueKeysIn(0).partitions, '1')
  const intake = await start(1, { ROLE: 'intake' })
  const as = await intake.signIn({ practiceId: practices[0] ?? '', roles: ['front-desk'] })
  await submitAs(intake, as, 'the-same-intention')
  const settled = await Promise.allSettled([change(2, 5_000, 'one'), change(2, 5_000, 'two')])
  expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('shrinking brings everything back and leaves nothing of the partition behind', async () => {
  const old = await start(3)
  const sessions = await Promise.all(
    practices.map((practiceId) => old.signIn({ practiceId, roles: ['front-desk'] })),
  )
  const ids = await Promise.all(
    sessions.map(async (as) => (await submitAs(old, as, 'the-same-intention')).id),
  )
  for (const [index, as] of sessions.entries()) await readAs(old, as, `/tebra/requests/${ids[index]}?wait=20`)
  await old.close()
  await change(1)
  expect(await redis.redis.keys('{tebra:[12]}:*')).toEqual([])
  const shrunk = await start(1)
  for (const [index, as] of sessions.entries())
    expect(await readAs(shrunk, as, `/tebra/requests/${ids[index]}`)).toMatchObject({ status: 'success' })
})
