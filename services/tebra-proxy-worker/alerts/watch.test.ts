import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AlertsAnswer } from '#lib/contract/alerts.ts'
import { StatusSamples, TebraStatus } from '#lib/contract/health.ts'
import { until } from '#lib/processes/wait.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import type { StartedProxy } from '../testing/proxy.ts'
import { appointment } from '../testing/work-by-hand.ts'

const { redis, simulator, start: startWith } = clinicForEachTest()
const start = (env: Record<string, string> = {}) => startWith({ LEASE_MS: '600', ...env })
const alertsOf = async (proxy: StartedProxy, practiceId = 'test-clinic') => {
  const as = await proxy.signIn({ roles: ['operator'], practiceId })
  const alerts = AlertsAnswer.parse(await (await proxy.request('/tebra/alerts', { as })).json())
  return {
    open: alerts.open.map(({ kind }) => kind),
    told: alerts.recent.map(({ kind, phase }) => `${kind} ${phase}`).reverse(),
    recent: alerts.recent,
  }
}
const statusOf = async (proxy: StartedProxy) => {
  const as = await proxy.signIn({ roles: ['operator'] })
  return TebraStatus.parse(await (await proxy.request('/tebra/status', { as })).json())
}
const readiness = async (proxy: StartedProxy) => (await proxy.request('/readyz')).status
const untilTold = (proxy: StartedProxy, what: string, timeoutMs = 15_000) =>
  until(what, async () => (await alertsOf(proxy)).told.includes(what), timeoutMs)

test('a worker whose hands are full of what never ends is stalled: not ready, shown, told once, and again when over', async () => {
  const intake = await start({ ROLE: 'intake', STALLED_AFTER_MS: '1000' })
  const worker = await start({ CONCURRENCY: '1', STALLED_AFTER_MS: '1000', TEBRA_TIMEOUT_MS: '10000' })
  await simulator.misbehave({ kind: 'hang', times: 1 })
  const stuck = await intake.submit('getPractices')
  const waiting = await intake.submit('getProviders')
  await untilTold(intake, 'worker-stalled started')
  expect(await readiness(worker)).toBe(503)
  expect((await statusOf(intake)).workers).toMatchObject([{ state: 'stalled', inFlight: 1 }])
  await untilTold(intake, 'worker-stalled ended')
  for (const { id } of [stuck, waiting]) expect((await intake.ended(id)).status).toBe('success')
  expect(await readiness(worker)).toBe(200)
  expect((await alertsOf(intake)).told).toEqual(['worker-stalled started', 'worker-stalled ended'])
}, 40_000)

test('a worker that does nothing because there is nothing to do is not stalled', async () => {
  const worker = await start({ STALLED_AFTER_MS: '1000' })
  await sleep(2_500)
  expect(await readiness(worker)).toBe(200)
  expect((await alertsOf(worker)).told).toEqual([])
}, 20_000)

test('a worker that is gone with requests in hand is told of until another has them', async () => {
  const intake = await start({ ROLE: 'intake' })
  const { id } = await intake.submit('getPractices')
  // A consumer that took the request and never showed a sign of life.
  await redis.redis.xgroup('CREATE', queueKeys.requests, 'workers', '0').catch(() => {})
  await redis.redis.xreadgroup('GROUP', 'workers', 'gone', 'COUNT', 1, 'STREAMS', queueKeys.requests, '>')
  await untilTold(intake, 'worker-dead started')
  await start()
  expect((await intake.ended(id)).status).toBe('success')
  await untilTold(intake, 'worker-dead ended')
  expect((await alertsOf(intake)).told).toEqual(['worker-dead started', 'worker-dead ended'])
}, 30_000)

test('an entry deleted in a worker’s hands raises one alert, its request is worked all the same, and it ends', async () => {
  const intake = await start({ ROLE: 'intake', LEASE_MS: '300' })
  const { id } = await intake.submit('getPractices')
  await redis.redis.xgroup('CREATE', queueKeys.requests, 'workers', '0').catch(() => {})
  await redis.redis.xreadgroup('GROUP', 'workers', 'gone', 'COUNT', 1, 'STREAMS', queueKeys.requests, '>')
  const entries = await redis.redis.xrange(queueKeys.requests, '-', '+')
  await redis.redis.xdel(queueKeys.requests, ...entries.map(([entry]) => entry))
  const worker = await start({ LEASE_MS: '300' })
  expect(await intake.ended(id, 20)).toMatchObject({ status: 'success', attempts: 1 })
  await untilTold(intake, 'lost-entries ended')
  const { told, recent } = await alertsOf(intake)
  expect(told.filter((one) => one.startsWith('lost'))).toEqual(['lost-entries started', 'lost-entries ended'])
  expect(recent.find(({ kind }) => kind === 'lost-entries')).toMatchObject({ subject: queueKeys.requests })
  const metrics = await (await worker.request('/metrics')).text()
  expect(metrics).toMatch(/tebra_lost_entries_total\{how="deleted-in-hand".*\} 1/)
  expect(metrics).toMatch(/tebra_lost_entries_total\{how="put-back".*\} 1/)
}, 40_000)

test('a queue that grows old and deep is told of once, and once when it is short again', async () => {
  const intake = await start({ ROLE: 'intake', QUEUE_AGE_ALERT_MS: '500', QUEUE_DEPTH_ALERT: '3' })
  const submitted = await Promise.all(Array.from({ length: 4 }, () => intake.submit('getPractices')))
  await untilTold(intake, 'queue-age started')
  await untilTold(intake, 'queue-depth started')
  expect((await alertsOf(intake)).open.sort()).toEqual(['queue-age', 'queue-depth'])
  await start({ QUEUE_AGE_ALERT_MS: '500', QUEUE_DEPTH_ALERT: '3' })
  for (const { id } of submitted) await intake.ended(id)
  await until('both are over', async () => (await alertsOf(intake)).open.length === 0)
  expect((await alertsOf(intake)).told).toHaveLength(4)
}, 30_000)

test('the last hour is kept for whoever looks later: one sample in 10 s, whichever process watches', async () => {
  await redis.redis.xadd('{tebra}:samples', '1-0', 'depth', '9', 'oldestAgeMs', '9', 'latencyMs', '9')
  const first = await start({ ROLE: 'intake' })
  const samplesOf = async (proxy: StartedProxy) => {
    const as = await proxy.signIn({ roles: ['operator'] })
    return StatusSamples.parse(await (await proxy.request('/tebra/status/samples', { as })).json()).samples
  }
  await until('a sample was kept', async () => (await samplesOf(first)).length > 0)
  const [sample] = await samplesOf(first)
  expect(Math.abs(Date.now() - Date.parse(sample?.at ?? ''))).toBeLessThan(60_000)
  // What is older than an hour is not told; what was kept outlives the process that kept it.
  const second = await start()
  await first.close()
  expect((await samplesOf(second))[0]).toEqual(sample)
  const desk = await second.signIn({ roles: ['front-desk'] })
  expect((await second.request('/tebra/status/samples', { as: desk })).status).toBe(403)
}, 30_000)

test('a full byte budget is told of at the first refusal, and when there is room again', async () => {
  const limits = { QUEUE_BYTES_MAX: '6000' }
  const intake = await start({ ROLE: 'intake', ...limits })
  const post = () => intake.post('/tebra/requests', { action: 'getPractices' })
  await until('it is full', async () => (await post()).status === 503)
  expect((await post()).status).toBe(503)
  expect((await alertsOf(intake)).told).toEqual(['queue-full started'])
  await start(limits)
  await untilTold(intake, 'queue-full ended')
  expect((await alertsOf(intake)).told).toEqual(['queue-full started', 'queue-full ended'])
}, 30_000)

test('dead letters and writes of which nobody knows are told of to their practice alone, until they are settled', async () => {
  const proxy = await start({ BREAKER_FAILURES: '1000' })
  const operator = await proxy.signIn({ roles: ['operator'] })
  // The write times out, and the query that would settle it is refused.
  await simulator.misbehave(
    { kind: 'write-then-time-out', operation: 'CreateAppointment' },
    { kind: 'malformed-xml', operation: 'GetAppointments' },
    { kind: 'malformed-xml', operation: 'GetProviders' },
  )
  const write = await proxy.submit('createAppointment', appointment)
  const read = await proxy.submit('getProviders')
  await untilTold(proxy, 'uncertain-write started')
  await untilTold(proxy, 'dead-letters started', 30_000)
  expect((await alertsOf(proxy, 'other-clinic')).told).toEqual([])
  for (const [{ id }, outcome] of [
    [write, 'success'],
    [read, 'error'],
  ] as const)
    expect(
      (await proxy.post(`/tebra/dead-letters/${id}/resolve`, { outcome, note: 'x' }, { as: operator }))
        .status,
    ).toBe(200)
  await untilTold(proxy, 'uncertain-write ended')
  await untilTold(proxy, 'dead-letters ended')
  expect((await alertsOf(proxy)).told).toHaveLength(4)
}, 60_000)
