import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { isEnd } from '#lib/contract/requests.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, type StartedProxy, startProxy, startSimulator } from './testing/proxy.ts'

let redis: TestRedis
let simulator: Simulator
const fleet: StartedProxy[] = []

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.redis.flushall()
  simulator = startSimulator()
})
afterEach(async () => {
  await Promise.all(fleet.splice(0).map((proxy) => proxy.close()))
  await simulator.stop()
})

async function startFleet(size: number, env: Record<string, string> = {}): Promise<StartedProxy> {
  for (let count = 0; count < size; count += 1) fleet.push(await startProxy(redis, simulator, env))
  const [first] = fleet
  if (!first) throw new Error('no fleet')
  return first
}

test('ten workers together stay within the vendor’s limits: the upstream throttles none of their calls', async () => {
  await simulator.control('limits', { scale: 0.2 })
  const desk = await startFleet(10, { LIMITER_MARGIN_MS: '40' })
  const submitted = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      desk.submit('getPatient', { patientId: String(10_001 + index) }),
    ),
  )
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  const counts = await simulator.counts()
  expect(counts.byOperation.GetPatient).toBe(40)
  expect(counts.throttled).toBe(0)
}, 60_000)

test('when the upstream throttles all the same, the whole fleet pauses that operation and nothing is lost', async () => {
  await simulator.control('limits', { scale: 0 })
  const desk = await startFleet(3)
  await simulator.misbehave({ kind: 'throttled', operation: 'GetProviders', times: 3 })
  const submitted = await Promise.all(Array.from({ length: 6 }, () => desk.submit('getProviders')))
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  // Who shared another’s call made no attempt.
  expect(records.every(({ attempts }) => attempts <= 1)).toBe(true)
}, 60_000)

test('workers that come and go end every request exactly once', async () => {
  await simulator.control('limits', { scale: 0 })
  await simulator.misbehave({ kind: 'latency', p50Ms: 20, p99Ms: 200 })
  const desk = await startFleet(3)
  const submitted = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      index % 3 === 0
        ? desk.submit('createAppointment', {
            patientId: String(10_001 + (index % 20)),
            providerId: '101',
            locationId: '11',
            start: new Date(Date.UTC(2027, 0, 11, 15, index)).toISOString(),
            end: new Date(Date.UTC(2027, 0, 11, 15, index + 10)).toISOString(),
          })
        : desk.submit('getPatient', { patientId: String(10_001 + index) }),
    ),
  )
  await Promise.all(fleet.splice(1).map((proxy) => proxy.close()))
  fleet.push(await startProxy(redis, simulator))
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.every(({ status }) => isEnd(status))).toBe(true)
  expect(records.filter(({ status }) => status !== 'success')).toEqual([])
  const { writes } = await simulator.counts()
  expect(Object.values(writes.byNaturalKey).filter((times) => times !== 1)).toEqual([])
  for (const { timeline } of records) expect(timeline.filter(({ status }) => isEnd(status))).toHaveLength(1)
}, 90_000)
