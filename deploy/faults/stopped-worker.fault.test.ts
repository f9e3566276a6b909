import { beforeEach, expect, test } from 'vitest'
import type { ActionName } from '#lib/contract/actions.ts'
import type { AuditEvent } from '#lib/contract/audit.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys, fleetKeys } from '#lib/redis/keys.ts'
import { breaches, type Told } from '#lib/testing/history.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { readRedis } from '#lib/testing/read-redis.ts'
import { clinicForEachTest } from '../../services/tebra-proxy-worker/testing/clinic.ts'
import type { StartedProxy } from '../../services/tebra-proxy-worker/testing/proxy.ts'
import { appointment } from '../../services/tebra-proxy-worker/testing/work-by-hand.ts'
import type { WorkerProcess } from '../../services/tebra-proxy-worker/testing/worker-process.ts'

/** What a call takes at most is so long that the stopped worker still waits for its calls when it wakes up. */
const env = { LEASE_MS: '2000', TEBRA_TIMEOUT_MS: '30000', LOG_LEVEL: 'info' }

const { redis, simulator, start, startProcess } = clinicForEachTest()
let intake: StartedProxy
let stopped: WorkerProcess
let told: Told[]

beforeEach(async () => {
  told = []
  stopped = await startProcess(env)
  // Before the intake, which would watch.
  for (const lock of [queueKeys.leader, queueKeys.reaper, fleetKeys.watch]) await untilHeldBy(stopped, lock)
  intake = await start({ ...env, ROLE: 'intake', LOG_LEVEL: 'silent' })
})

const untilHeldBy = (worker: WorkerProcess, lock: string) =>
  until(`${lock} is held`, async () => (await redis.redis.hget(lock, 'owner')) === worker.name)

const startOther = async (): Promise<WorkerProcess> => {
  const other = await startProcess({ ...env, TEBRA_TIMEOUT_MS: '3000' })
  for (const lock of [queueKeys.leader, queueKeys.reaper]) await untilHeldBy(other, lock)
  return other
}
/** Everything that the woken worker had in hand is out of its hands. */
const wake = async () => {
  stopped.process.kill('SIGCONT')
  await until('it has nothing in hand', async () => {
    const beat = await redis.redis.hgetall(fleetKeys.worker(stopped.name))
    return beat.inFlight === '0'
  })
}

/** Submits an appointment of a patient whom nothing else is about, so that it waits for no other request. */
async function create(): Promise<string> {
  const patientId = String(10_001 + told.length)
  const { id } = await intake.submit('createAppointment', { ...appointment, patientId })
  told.push({
    kind: 'accepted',
    id,
    naturalKey: `${patientId} ${appointment.start} ${appointment.providerId}`,
  })
  return id
}
async function ask(action: ActionName): Promise<string> {
  const { id } = await intake.submit(action)
  told.push({ kind: 'accepted', id })
  return id
}
const idsTold = () => told.flatMap((one) => (one.kind === 'accepted' ? [one.id] : []))
const allEnded = () => Promise.all(idsTold().map((id) => intake.ended(id, 30)))
const callsOf = async (operation: string) => (await simulator.counts()).byOperation[operation] ?? 0

async function brokenPromises(): Promise<string[]> {
  const records = new Map((await allEnded()).map((record) => [record.id, record]))
  const responses = await redis.redis.xrange(queueKeys.responses, '-', '+')
  const ends = responses.map(([, fields]) => fields[1])
  const endsTold = new Map(idsTold().map((id) => [id, ends.filter((one) => one === id).length]))
  return breaches(told, { records, endsTold, writes: (await simulator.counts()).writes.byNaturalKey })
}

async function endsAudited(): Promise<string[]> {
  const entries = await redis.redis.xrange(auditKeys.log('test-clinic'), '-', '+')
  return entries
    .map(([, fields]) => JSON.parse(fields[3] ?? '') as AuditEvent)
    .filter(({ action }) => action === 'request.end')
    .map(({ entity }) => entity.replace('Request/', ''))
}

/** Whether it was this worker that wrote down how the request ended. */
const hasEnded = ({ lines }: WorkerProcess, id: string) =>
  lines.some((line) => line.includes(id) && line.includes('"written":"done"'))

/**
 * Everything that stands in Redis but who lives and is missed, whose turn it is to call and to take over what lapses,
 * and the number by which cached answers are void: a worker that knows of a write makes them void once more.
 */
async function standing(): Promise<Record<string, unknown>> {
  const passing = /^\{tebra\}:(workers?\b|alerts|limit:|reaper|cache-generation:)/
  const entries = Object.entries(await readRedis(redis.redis))
  return Object.fromEntries(entries.filter(([key]) => !passing.test(key)))
}

test('a leader that is stopped with requests in hand and wakes up changes nothing that another has taken over', async () => {
  await create()
  await allEnded()
  await simulator.misbehave(
    { kind: 'latency', operation: 'CreateAppointment', delayMs: 2_500 },
    { kind: 'hang', operation: 'GetProviders', times: 1 },
    { kind: 'internal-service-fault', operation: 'GetServiceLocations', times: 1 },
  )
  for (let n = 0; n < 2; n += 1) await create()
  await ask('getProviders')
  await until('calls are under way', async () => (await callsOf('CreateAppointment')) === 3)
  await until('a read is under way', async () => (await callsOf('GetProviders')) === 1)
  // Two more have to wait for their turn in the hands of the worker.
  await redis.redis.set(queueKeys.limit('test-clinic', 'CreateAppointment'), String(Date.now() + 2_500))
  for (let n = 0; n < 2; n += 1) await create()
  const inHand = idsTold().slice(1)
  await until('all are in hand', async () => {
    const owners = await Promise.all(inHand.map((id) => redis.redis.hget(queueKeys.request(id), 'owner')))
    return owners.every((owner) => owner === stopped.name)
  })
  stopped.process.kill('SIGSTOP')

  const other = await startOther()
  await create()
  // Fails at first: the leader brings it back when it is due.
  await ask('getServiceLocations')
  await allEnded()
  await until('all ends are audited', async () => (await endsAudited()).length === told.length)
  const before = await standing()
  await wake()
  expect(await standing()).toEqual(before)
  expect(inHand.filter((id) => hasEnded(stopped, id))).toEqual([])
  expect(await brokenPromises()).toEqual([])
  expect((await endsAudited()).sort()).toEqual(idsTold().sort())

  // It goes on as one of the fleet, and as its leader when the other goes.
  await simulator.misbehave()
  await other.end('SIGTERM')
  for (let n = 0; n < 3; n += 1) await create()
  await allEnded()
  await untilHeldBy(stopped, queueKeys.leader)
  expect(await brokenPromises()).toEqual([])
}, 60_000)

test('a worker that is stopped between the calls of one write does not make the last one when it wakes up', async () => {
  await simulator.misbehave({ kind: 'latency', operation: 'GetPractices', delayMs: 500, times: 1 })
  await create()
  await until('the first call is under way', async () => (await callsOf('GetPractices')) === 1)
  stopped.process.kill('SIGSTOP')
  await startOther()
  await allEnded()
  await wake()
  expect(await callsOf('CreateAppointment')).toBe(1)
  expect(await brokenPromises()).toEqual([])
}, 60_000)
