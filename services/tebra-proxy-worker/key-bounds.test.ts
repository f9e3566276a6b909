import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, type StartedProxy, startProxy, startSimulator } from './testing/proxy.ts'
import { read } from './testing/reads.ts'
import { appointment } from './testing/work-by-hand.ts'

let redis: TestRedis
let simulator: Simulator
let proxy: StartedProxy

beforeAll(async () => {
  redis = await startTestRedis()
  simulator = startSimulator()
  await simulator.control('limits', { scale: 0 })
  proxy = await startProxy(redis, simulator, {
    LEASE_MS: '600',
    BREAKER_FAILURES: '3',
    RETENTION_MS: '600000',
  })
})
afterAll(async () => {
  await proxy.close()
  await simulator.stop()
  await redis.stop()
})

/** Every key of the service that has no expiry, and what bounds it instead. */
const boundedOtherwise: readonly [key: RegExp, by: string][] = [
  [/^\{tebra\}:requests$/, 'entries of open requests, each deleted when it is acknowledged: the byte budget'],
  [/^\{tebra\}:(status|responses|events)$/, 'the newest 10,000 entries'],
  [/^\{tebra\}:alerts$/, 'the newest 1,000 entries'],
  [/^\{tebra\}:samples$/, 'the newest 360 entries'],
  [/^\{tebra\}:(open|delayed|bytes)$/, 'open requests: the byte budget'],
  [/^\{tebra\}:lane:/, 'open requests: the byte budget; gone with the last of them'],
  [
    /^\{tebra\}:practice:[^:]+(:(interactive|bulk))?$/,
    'one of each practice; waiting requests: the byte budget',
  ],
  [/^\{tebra\}:(held|stops|stop:[^:]+)$/, 'one of each practice or account'],
  [/^\{tebra\}:(partitions|epoch|workers|alerts-open|alerts-told)$/, 'one; of live workers and what stands'],
  [/^\{tebra\}:breaker:(soap|php)$/, 'one of each form of the upstream'],
  [/^\{tebra\}:dead:/, 'dead letters, which stay until a person settles them, and whose number is an alert'],
  [/^\{audit:[^}]+\}:(log|head)$/, 'the audit log, trimmed behind its checkpoints'],
  [/^touches$/, 'a stream that is trimmed with each touch'],
  [/^audit-practices$/, 'one entry of each practice'],
  [/^\{p:[^}]+\}:(datakeys|seals|epoch|access:.+)$/, 'auth-session’s: one of each practice or user'],
]

const open = new Set(['pending', 'processing', 'retrying', 'dead', 'uncertain'])

test('after a run of everything, each key expires or is bounded otherwise', async () => {
  const create = async (minute: number) =>
    proxy.submit('createAppointment', {
      ...appointment,
      start: `2026-12-03T15:${minute}:00Z`,
      end: `2026-12-03T15:${minute + 5}:00Z`,
    })
  const ids: string[] = []
  for (let round = 0; round < 3; round += 1) {
    await read(proxy, 'fresh', 'getProviders')
    await read(proxy, 'prefer', 'getProviders')
    ids.push((await create(10 + 10 * round)).id)
    ids.push(
      (await proxy.submit('getPatient', { patientId: '10001' }, { 'Idempotency-Key': `key-0000-${round}` }))
        .id,
    )
  }
  for (const id of ids) expect((await proxy.ended(id)).status).toBe('success')

  // A dead letter, an outage with its breaker and its alerts, and an account that is refused.
  await simulator.misbehave({ kind: 'malformed-xml', operation: 'GetPractices' })
  const dead = await proxy.submit('getPractices')
  await until('it is dead', async () => (await proxy.ended(dead.id, 1)).status === 'dead', 20_000)
  await simulator.misbehave({ kind: 'outage' })
  const out = await Promise.all(
    ['a', 'b', 'c', 'd'].map((lastName) => proxy.submit('searchPatients', { lastName })),
  )
  await until(
    'the breaker is open',
    async () => (await redis.redis.hget('{tebra}:breaker:soap', 'state')) === 'open',
  )
  await simulator.misbehave()
  for (const { id } of out) expect((await proxy.ended(id)).status).toBe('success')
  await simulator.misbehave({ kind: 'authentication-lapse' })
  await proxy.submit('searchPatients', { lastName: 'e' })
  await until('the account is stopped', async () => (await redis.redis.scard('{tebra}:held')) === 1)

  const unbounded: string[] = []
  for (const key of await redis.redis.keys('*')) {
    if ((await redis.redis.pttl(key)) !== -1) continue
    if (boundedOtherwise.some(([known]) => known.test(key))) continue
    // The record of what is open or unsettled stays; it expires from its end on.
    const status = key.startsWith('{tebra}:request:') ? await redis.redis.hget(key, 'status') : null
    if (status === null || !open.has(status)) unbounded.push(key)
  }
  expect(unbounded).toEqual([])
}, 60_000)

test('in a long run of the same work, keys and their bytes stay what they were', async () => {
  await simulator.misbehave()
  const operator = await proxy.signIn({ roles: ['operator'] })
  await proxy.post('/tebra/accounts/test-clinic/resume', {}, { as: operator })
  const run = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1)
      await Promise.all(
        ['fresh', 'prefer', 'allow-stale'].map((mode) => read(proxy, mode as 'fresh', 'getProviders')),
      )
  }
  const standing = async () => {
    const keys = await redis.redis.keys('*')
    return keys.filter((key) => !/^\{tebra\}:request:/.test(key)).sort()
  }
  await run(5)
  const before = await standing()
  await run(40)
  const now = await standing()
  expect(now.filter((key) => !before.includes(key) && !/^\{tebra\}:limit:/.test(key))).toEqual([])
  const bytes = await redis.redis.hgetall('{tebra}:cache-bytes:test-clinic')
  const { total, ...entries } = bytes
  expect(Number(total)).toBe(Object.values(entries).reduce((sum, of) => sum + Number(of), 0))
  expect(Number(await redis.redis.get('{tebra}:bytes'))).toBe(0)
}, 60_000)

test('what the cache had for the reads is counted, and its times are in the catalogue', async () => {
  const metrics = await (await proxy.request('/metrics')).text()
  for (const outcome of ['hit', 'miss'])
    expect(metrics).toMatch(
      new RegExp(`tebra_cache_reads_total\\{action="getProviders",outcome="${outcome}".*\\} [1-9]`),
    )
  expect(metrics).toMatch(/tebra_alerts_open\{kind="dead-letters".*\} 1/)
  const { actions } = (await (await proxy.request('/tebra/actions')).json()) as {
    actions: { name: string; cache?: { freshMs: number; staleMs: number } }[]
  }
  expect(actions.find(({ name }) => name === 'getProviders')?.cache).toEqual({
    freshMs: 300_000,
    staleMs: 86_400_000,
  })
  expect(actions.find(({ name }) => name === 'createAppointment')?.cache).toBeUndefined()
})
