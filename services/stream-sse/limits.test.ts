import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { StreamStatus } from '#lib/contract/events.ts'
import { Problem } from '#lib/contract/problem.ts'
import { until } from '#lib/processes/wait.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { openRaw } from './testing/raw-client.ts'
import { listen, metric, type Streams, startStreams } from './testing/stream.ts'

let redis: TestRedis
let instances: Streams[]
let session: TestSession
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.redis.flushall()
  instances = []
})
afterEach(() => Promise.all(instances.map((one) => one.stop())))

/** Starts an instance; all share the test's Redis. */
async function start(env: Record<string, string> = {}): Promise<Streams> {
  const instance = await startStreams(redis, env)
  instances.push(instance)
  session = await instance.signIn()
  return instance
}
const statusOf = async (instance: Streams, as: TestSession) => (await listen(instance.url, as)).status

test('beyond a user’s share 429, beyond the instance’s capacity 503 with Retry-After', async () => {
  const one = await start({ STREAMS_MAX: '3', STREAMS_PER_USER_MAX: '2' })
  await Promise.all([listen(one.url, session), listen(one.url, session)])
  const own = await listen(one.url, session)
  await listen(one.url, await one.signIn())
  const full = await listen(one.url, await one.signIn())
  expect([own.status, full.status]).toEqual([429, 503])
  expect([own.headers.get('Retry-After'), full.headers.get('Retry-After')]).toEqual(['30', '5'])
})

test('a user’s and a practice’s share count on all instances, and what is left is free on all of them', async () => {
  const env = { STREAMS_PER_USER_MAX: '2', STREAMS_PER_PRACTICE_MAX: '3' }
  const [here, there] = [await start(env), await start(env)]
  const colleague = await here.signIn()
  const first = await listen(here.url, session)
  expect(await statusOf(there, session)).toBe(200)
  expect([await statusOf(here, session), await statusOf(there, session)]).toEqual([429, 429])
  expect(await statusOf(there, colleague)).toBe(200)
  const refused = await fetch(`${here.url}/events`, { headers: colleague.headers })
  expect(Problem.parse(await refused.json()).detail).toBe('Too many open streams of the practice')
  expect(await statusOf(here, await here.signIn({ practiceId: 'other-clinic' }))).toBe(200)
  first.leave()
  await until('the place is free elsewhere', async () => (await statusOf(there, colleague)) === 200)
})

test('what an instance held that died without a word is free when its time is over', async () => {
  const one = await start({ STREAMS_PER_USER_MAX: '1' })
  const { practiceId, userId } = session
  const key = sessionKeys.openStreams(practiceId)
  const field = `dead-instance/${userId}`
  await redis.redis.hset(key, field, `1 ${Date.now() + 60_000}`)
  expect(await statusOf(one, session)).toBe(429)
  await redis.redis.hset(key, field, `1 ${Date.now() - 1}`)
  expect(await statusOf(one, session)).toBe(200)
  expect(Object.keys(await redis.redis.hgetall(key))).toHaveLength(1)
  expect(await redis.redis.pttl(key)).toBeGreaterThan(0)
})

test('a refused stream keeps no place, whatever refused it', async () => {
  const one = await start({ STREAMS_MAX: '2', STREAMS_PER_USER_MAX: '1' })
  const operator = await one.signIn({ roles: ['operator'] })
  await listen(one.url, session)
  for (let n = 0; n < 5; n += 1) {
    expect(await statusOf(one, session)).toBe(429)
    expect(await statusOf(one, operator)).toBe(403)
    expect((await listen(one.url, { headers: { Authorization: 'Bearer none' } })).status).toBe(401)
  }
  expect(await statusOf(one, await one.signIn())).toBe(200)
})

test('a flood gets as many streams as there are places, and the rest is told when to come back', async () => {
  const one = await start({ STREAMS_MAX: '50', STREAMS_PER_USER_MAX: '1000' })
  const clients = await Promise.all(Array.from({ length: 300 }, () => openRaw(one.url, session)))
  await until('all are answered', () => clients.every((client) => client.status() > 0), 20_000)
  const statuses = clients.map((client) => client.status())
  expect([200, 503].map((status) => statuses.filter((one) => one === status).length)).toEqual([50, 250])
  expect((await fetch(`${one.url}/healthz`)).status).toBe(200)
  for (const client of clients) client.socket.destroy()
  await until('all places are free', async () => (await metric(one, 'sse_streams_open')) === 0)
  expect(await statusOf(one, session)).toBe(200)
})

test('operators see every instance with its streams, and who of their practice listens', async () => {
  const [here, there] = [await start(), await start()]
  const operator = await here.signIn({ roles: ['operator'] })
  await Promise.all([listen(here.url, session), listen(there.url, session)])
  await listen(there.url, await here.signIn({ practiceId: 'other-clinic' }))
  const read = async (as: TestSession) => fetch(`${here.url}/events/status`, { headers: as.headers })
  expect((await read(session)).status).toBe(403)
  const status = StreamStatus.parse(await (await read(operator)).json())
  expect(status.instances).toHaveLength(2)
  expect(status.practice).toEqual({ streams: 2, users: [{ userId: session.userId, streams: 2 }] })
  await there.stop()
  instances.pop()
  await until('it has left the list', async () => {
    const { instances: left } = StreamStatus.parse(await (await read(operator)).json())
    return left.length === 1
  })
})
