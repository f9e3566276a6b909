import { expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { clinicForEachTest } from '../testing/clinic.ts'

const { redis, simulator, start, startProcess } = clinicForEachTest()
const env = { LEASE_MS: '600', TEBRA_TIMEOUT_MS: '20000', BREAKER_FAILURES: '1', BREAKER_WAIT_MS: '500' }

const breakerField = async (field: string) =>
  (await redis.redis.hget(fleetKeys.breaker('soap'), field)) ?? undefined
const callsMade = async () =>
  Object.values((await simulator.counts()).byOperation).reduce((sum, calls) => sum + calls, 0)

const inHand = async () => Number((await redis.redis.xpending(queueKeys.requests, 'workers'))[0])

test('two processes: open for both, one probe, its holder killed, the other probes, every request ends well', async () => {
  const intake = await start({ ROLE: 'intake' })
  const workers = await Promise.all([1, 2].map(() => startProcess(env)))
  await simulator.misbehave({ kind: 'outage' })
  const submitted = await Promise.all(Array.from({ length: 12 }, () => intake.submit('getPractices')))
  await until('it is open for both', async () => (await breakerField('state')) === 'open')

  // No call is under way at that moment: one of the outage would be counted as the probe that hangs.
  let before = 0
  const hangBetweenProbes = async () => {
    await simulator.misbehave({ kind: 'outage' })
    const epoch = await breakerField('epoch')
    before = await callsMade()
    await simulator.misbehave({ kind: 'hang' })
    const isOpen = (await breakerField('state')) === 'open' && (await breakerField('epoch')) === epoch
    return isOpen && (await inHand()) === 0
  }
  await until('the upstream hangs between two probes', hangBetweenProbes, 30_000)
  await until('a probe hangs', async () => (await callsMade()) > before)
  const heldBy = await breakerField('probe')
  // Twice the wait: whoever would probe beside it has had the time.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect((await callsMade()) - before).toBe(1)

  const [holder] = workers.filter(({ name }) => heldBy?.includes(name))
  expect(holder).toBeDefined()
  await simulator.misbehave()
  await holder?.end('SIGKILL')
  await until('the other has probed', async () => (await breakerField('state')) === 'closed', 15_000)

  const records = await Promise.all(submitted.map(({ id }) => intake.ended(id, 30)))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  const alerts = await redis.redis.xrange(fleetKeys.alerts, '-', '+')
  // Among those of the worker that was killed.
  const ofBreaker = alerts.filter(([, fields]) => fields[1] === 'breaker')
  expect(ofBreaker.map(([, fields]) => `${fields[1]} ${fields[3]}`)).toEqual([
    'breaker started',
    'breaker ended',
  ])
  const told = workers.flatMap(({ lines }) => lines).filter((line) => line.includes('for all workers'))
  // Which of the two processes said which is open; the order stands in the alerts.
  expect(told.map((line) => JSON.parse(line).severity).sort()).toEqual(['ERROR', 'INFO'])
}, 60_000)
