import { expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { clinicForEachTest } from '../testing/clinic.ts'
import { flights, submitRead } from '../testing/reads.ts'

const { redis, simulator, start, startProcess } = clinicForEachTest()

test('when the worker that asks is killed, another asks once its lease is over, and all share that answer', async () => {
  const intake = await start({ ROLE: 'intake' })
  const worker = await startProcess({ LEASE_MS: '600', TEBRA_TIMEOUT_MS: '20000' })
  await simulator.misbehave({ kind: 'hang', operation: 'GetProviders', times: 1 })
  const first = await submitRead(intake, 'prefer', 'getProviders')
  await until('its call is under way', async () => (await simulator.counts()).byOperation.GetProviders === 1)
  await until('two renewals have passed', async () => {
    const [flight] = await flights(redis)
    return flight !== undefined && (await redis.redis.pttl(flight)) < 450
  })
  await worker.end('SIGKILL')
  expect(await flights(redis)).toHaveLength(1)

  await start({ ROLE: 'worker' })
  const later = await Promise.all([1, 2, 3].map(() => submitRead(intake, 'prefer', 'getProviders')))
  const records = await Promise.all([first, ...later].map((id) => intake.ended(id)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  expect(records.filter(({ source }) => source === 'upstream')).toHaveLength(1)
  expect((await simulator.counts()).byOperation.GetProviders).toBe(2)
}, 40_000)
