import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'
import { testSecrets } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, type StartedProxy, startProxy, startSimulator } from '../testing/proxy.ts'
import { flights, submitRead } from '../testing/reads.ts'

let redis: TestRedis
let simulator: Simulator
let intake: StartedProxy
let worker: Child

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  simulator = startSimulator()
  await simulator.control('limits', { scale: 0 })
  intake = await startProxy(redis, simulator, { ROLE: 'intake' })
  worker = startChild(process.execPath, ['services/tebra-proxy-worker/server.ts'], {
    env: {
      ROLE: 'worker',
      PORT: String(await freePort()),
      HOST: '127.0.0.1',
      REDIS_URL: redis.url,
      PHI_KEY: testSecrets.PHI_KEY.toString('base64'),
      AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64'),
      TEBRA_URL: `${simulator.url}/services/soap/2.1/KareoServices.svc`,
      TEBRA_ACCOUNTS: JSON.stringify({
        'test-clinic': {
          customerKey: 'key',
          user: 'user@clinic.example',
          password: 'pass<&>word',
          timeZone: 'America/New_York',
        },
      }),
      LIMITER_MARGIN_MS: '0',
      LEASE_MS: '600',
    },
  })
})
afterEach(async () => {
  await worker.end('SIGKILL')
  await intake.close()
  await simulator.stop()
})

test('when the worker that asks is killed, another asks once its lease is over, and all share that answer', async () => {
  await simulator.misbehave({ kind: 'hang', operation: 'GetProviders', times: 1 })
  const first = await submitRead(intake, 'prefer', 'getProviders')
  await until('its call is under way', async () => (await simulator.counts()).byOperation.GetProviders === 1)
  await until('two renewals have passed', async () => {
    const [flight] = await flights(redis)
    return flight !== undefined && (await redis.redis.pttl(flight)) < 450
  })
  await worker.end('SIGKILL')
  expect(await flights(redis)).toHaveLength(1)

  const second = await startProxy(redis, simulator, { ROLE: 'worker' })
  try {
    const later = await Promise.all([1, 2, 3].map(() => submitRead(intake, 'prefer', 'getProviders')))
    const records = await Promise.all([first, ...later].map((id) => intake.ended(id)))
    expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
    expect(records.filter(({ source }) => source === 'upstream')).toHaveLength(1)
    expect((await simulator.counts()).byOperation.GetProviders).toBe(2)
  } finally {
    await second.close()
  }
}, 40_000)
