import { expect, test } from 'vitest'
import { verifyAudit } from '#lib/audit/verify.ts'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import { testSecrets } from '#lib/testing/ground.ts'
import { onePartition, queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import type { StartedProxy } from '../testing/proxy.ts'
import { age, entryOf, read, submitRead } from '../testing/reads.ts'
import { createAnswerAtIntake } from './answer-at-intake.ts'
import { createAnswerCache } from './answer-cache.ts'
import type { ReadName } from './read-name.ts'

const { redis, simulator, start } = clinicForEachTest()
let proxy: StartedProxy

const minute = 60_000
const hour = 60 * minute
const calls = async (operation: string) => (await simulator.counts()).byOperation[operation] ?? 0
const breakerState = async () => (await redis.redis.hget(fleetKeys.breaker('soap'), 'state')) ?? 'closed'

/** A practice that has read its providers an hour ago, and an upstream that is away since. */
async function startAway(env: Record<string, string>): Promise<void> {
  proxy = await start(env)
  await read(proxy, 'prefer', 'getProviders')
  await age(redis, 'getProviders', hour)
  await simulator.misbehave({ kind: 'outage' })
}

async function openBreaker(): Promise<void> {
  await Promise.all(Array.from({ length: 6 }, () => proxy.submit('testConnection')))
  await until('the breaker is open', async () => (await breakerState()) === 'open')
  // A read that had begun before may still take one request up.
  await until('no worker waits for entries', async () =>
    /blocked_clients:0/.test(await redis.redis.info('clients')),
  )
}

test('an upstream that fails is stood in for after the first attempt, marked and with its age', async () => {
  await startAway({ BREAKER_FAILURES: '1000' })
  const record = await read(proxy, 'allow-stale', 'getProviders')
  expect(record).toMatchObject({ status: 'success', source: 'cache', stale: true, attempts: 1 })
  expect(record.ageMs).toBeGreaterThanOrEqual(hour)
  expect(await calls('GetProviders')).toBe(2)
})

test.each(['fresh', 'prefer'] as const)('nobody who said %s is given an old answer', async (mode) => {
  await startAway({ BREAKER_FAILURES: '1000' })
  const id = await submitRead(proxy, mode, 'getProviders')
  await until('it has been tried', async () => (await proxy.ended(id, 0)).attempts >= 2)
  await simulator.misbehave()
  expect(await proxy.ended(id)).toMatchObject({ status: 'success', source: 'upstream', stale: false })
})

test('refused credentials are not stood in for', async () => {
  await startAway({})
  await simulator.misbehave({ kind: 'authentication-lapse' })
  const id = await submitRead(proxy, 'allow-stale', 'getProviders')
  await until('it waits for the account', async () =>
    (await proxy.ended(id, 0)).timeline.some(({ reason }) => reason === 'credentials-refused'),
  )
  expect(await proxy.ended(id, 0)).toMatchObject({ status: 'retrying', attempts: 0 })
})

test('past its time an old answer stands in for nothing', async () => {
  await startAway({ BREAKER_FAILURES: '1000' })
  await age(redis, 'getProviders', 23 * hour + 1)
  const id = await submitRead(proxy, 'allow-stale', 'getProviders')
  await until('it has been tried', async () => (await proxy.ended(id, 0)).attempts >= 2)
  expect((await proxy.ended(id, 0)).source).toBeUndefined()
})

test('while the breaker is open the intake answers, without a worker and without a call', async () => {
  await startAway({ BREAKER_WAIT_MS: '60000' })
  await openBreaker()
  const before = await calls('GetProviders')
  const ids = await Promise.all(
    Array.from({ length: 12 }, () => submitRead(proxy, 'allow-stale', 'getProviders')),
  )
  for (const id of ids) {
    const record = await proxy.ended(id, 0)
    expect(record).toMatchObject({ status: 'success', source: 'cache', stale: true, attempts: 0 })
    expect(record.data).toBeInstanceOf(Array)
    expect(record.timeline.map(({ status }) => status)).toEqual(['pending', 'success'])
  }
  expect(await calls('GetProviders')).toBe(before)
  // What is answered does not pile up behind an upstream that is away.
  expect(await redis.redis.llen(`${queueKeys.practiceQueue('test-clinic')}:interactive`)).toBeLessThanOrEqual(
    6,
  )

  const others = await Promise.all([
    submitRead(proxy, 'fresh', 'getProviders'),
    submitRead(proxy, 'prefer', 'getProviders'),
    submitRead(proxy, 'allow-stale', 'getPractices'),
  ])
  for (const id of others) expect((await proxy.ended(id, 0)).status).toBe('pending')
  expect(await verifyAudit(redis.redis, testSecrets.AUDIT_KEY, 'test-clinic')).toMatchObject({ intact: true })
})

test('while the breaker is open an answer that passes for new also serves those who would not take an old one', async () => {
  await startAway({ BREAKER_WAIT_MS: '60000' })
  await openBreaker()
  await age(redis, 'getProviders', -hour)
  const id = await submitRead(proxy, 'prefer', 'getProviders')
  expect(await proxy.ended(id, 0)).toMatchObject({ status: 'success', source: 'cache', stale: false })
  const fresh = await submitRead(proxy, 'fresh', 'getProviders')
  expect((await proxy.ended(fresh, 0)).status).toBe('pending')
})

test('a request that a worker has taken up is not ended by the intake', async () => {
  await startAway({ BREAKER_WAIT_MS: '60000' })
  await openBreaker()
  const id = await submitRead(proxy, 'fresh', 'getProviders')
  await redis.redis.hset(queueKeys.request(id), { fence: '1', cache: 'allow-stale' })
  const entry = await entryOf(redis, 'getProviders')
  const name: ReadName = {
    practiceId: 'test-clinic',
    action: 'getProviders',
    entry,
    flight: '',
    generation: queueKeys.cacheGeneration('test-clinic', 'all'),
    freshMs: minute,
    staleMs: 2 * hour,
  }
  const answerAgain = createAnswerAtIntake({
    ...proxy.ground,
    partitions: onePartition,
    cache: createAnswerCache({
      ...proxy.ground,
      partitions: onePartition,
      limits: { entryBytesMax: 10_000, practiceBytesMax: 10_000 },
    }),
    nameRead: () => name,
    form: 'soap',
    breaker: async () => ({ state: 'open', reporters: 0, epoch: 1 }),
    probeEveryMs: 1_000,
    limits: { retentionMs: 60_000, inlineBytesMax: 1_000 },
  })
  const taken = {
    id,
    practiceId: 'test-clinic',
    action: 'getProviders',
    params: {},
    cache: 'allow-stale',
  } as const
  expect(await answerAgain(taken)).toBe(false)
  expect((await proxy.ended(id, 0)).status).toBe('pending')
  await redis.redis.hset(queueKeys.request(id), 'fence', '0')
  expect(await answerAgain(taken)).toBe(true)
  expect(await answerAgain(taken)).toBe(false)
})

test('the answer past its time is refused by the intake too', async () => {
  await startAway({ BREAKER_WAIT_MS: '60000' })
  await openBreaker()
  await age(redis, 'getProviders', 23 * hour + 1)
  const id = await submitRead(proxy, 'allow-stale', 'getProviders')
  expect((await proxy.ended(id, 0)).status).toBe('pending')
})

test('the end is told as an event that says how old the answer is', async () => {
  await startAway({ BREAKER_WAIT_MS: '60000' })
  await openBreaker()
  const id = await submitRead(proxy, 'allow-stale', 'getProviders')
  const [last] = (await redis.redis.xrevrange(queueKeys.responses, '+', '-', 'COUNT', 1)) as [
    string,
    string[],
  ][]
  const fields = last?.[1] ?? []
  const field = (name: string) => fields[fields.indexOf(name) + 1] ?? ''
  expect(field('requestId')).toBe(id)
  expect(field('status')).toBe('success')
  expect(JSON.parse(field('meta'))).toMatchObject({ source: 'cache', stale: true })
})

test('with nobody but those who take old answers, the return of the upstream is found out all the same', async () => {
  await startAway({ BREAKER_WAIT_MS: '300' })
  await openBreaker()
  await simulator.misbehave()
  const sources: (string | undefined)[] = []
  await until('an answer comes from the upstream', async () => {
    const { source, status } = await read(proxy, 'allow-stale', 'getProviders')
    expect(status).toBe('success')
    sources.push(source)
    return source === 'upstream'
  })
  await until('the breaker is closed', async () => (await breakerState()) === 'closed')
  expect(sources.at(-1)).toBe('upstream')
}, 30_000)
