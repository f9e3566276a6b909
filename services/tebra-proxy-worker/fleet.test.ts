import { expect, test } from 'vitest'
import { isEnd } from '#lib/contract/requests.ts'
import { clinicForEachTest } from './testing/clinic.ts'
import type { StartedProxy } from './testing/proxy.ts'

const { simulator, start } = clinicForEachTest()

async function startFleet(
  size: number,
  env?: Record<string, string>,
): Promise<[StartedProxy, ...StartedProxy[]]> {
  const others = Array.from({ length: size - 1 }, () => start(env))
  return [await start(env), ...(await Promise.all(others))]
}

test('ten workers together stay within the vendor’s limits: the upstream throttles none of their calls', async () => {
  await simulator.control('limits', { scale: 0.2 })
  // The judge sees when calls arrive, and on a busy machine some travel longer than others.
  const [desk] = await startFleet(10, { LIMITER_MARGIN_MS: '300' })
  const submitted = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      desk.submit('getPatient', { patientId: String(10_001 + index) }),
    ),
  )
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  const counts = await simulator.counts()
  expect(counts.byOperation.GetPatient).toBe(20)
  expect(counts.throttled).toBe(0)
}, 60_000)

test('when the upstream throttles all the same, the whole fleet pauses that operation and nothing is lost', async () => {
  const [desk] = await startFleet(3)
  await simulator.misbehave({ kind: 'throttled', operation: 'GetProviders', times: 3 })
  const submitted = await Promise.all(Array.from({ length: 6 }, () => desk.submit('getProviders')))
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  // Who shared another’s call made no attempt.
  expect(records.every(({ attempts }) => attempts <= 1)).toBe(true)
}, 60_000)

test('workers that come and go end every request exactly once', async () => {
  await simulator.misbehave({ kind: 'latency', p50Ms: 20, p99Ms: 200 })
  const [desk, ...others] = await startFleet(3)
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
  await Promise.all(others.map((proxy) => proxy.close()))
  await start()
  const records = await Promise.all(submitted.map(({ id }) => desk.ended(id, 30)))
  expect(records.every(({ status }) => isEnd(status))).toBe(true)
  expect(records.filter(({ status }) => status !== 'success')).toEqual([])
  const { writes } = await simulator.counts()
  expect(Object.values(writes.byNaturalKey).filter((times) => times !== 1)).toEqual([])
  for (const { timeline } of records) expect(timeline.filter(({ status }) => isEnd(status))).toHaveLength(1)
}, 90_000)
