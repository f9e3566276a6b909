import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isEnd, type RequestRecord, SubmitAnswer } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import {
  type Simulator,
  type StartedProxy,
  startProxy,
  startSimulator,
} from '../../services/tebra-proxy-worker/testing/proxy.ts'
import { age, read } from '../../services/tebra-proxy-worker/testing/reads.ts'
import { appointment } from '../../services/tebra-proxy-worker/testing/work-by-hand.ts'

/** An hour on a clock that runs 300 times as fast: every wait below is the production's by that factor. */
const hourMs = 12_000
const breakerWaitMs = Math.round(10_000 / 300)
const answersAfterMs = 600

let redis: TestRedis
let simulator: Simulator
let intake: StartedProxy
let worker: StartedProxy

beforeAll(async () => {
  redis = await startTestRedis()
  simulator = startSimulator()
  // The vendor's limits by a tenth; it refuses calls that come less than 20 ms later than they say.
  await simulator.control('limits', { scale: 0.1 })
  const env = {
    LEASE_MS: '1500',
    // The judge sees when calls arrive, and a busy machine lets some of them travel longer than others.
    LIMITER_MARGIN_MS: '700',
    BREAKER_WAIT_MS: String(breakerWaitMs),
    QUEUE_BYTES_MAX: '80000',
  }
  intake = await startProxy(redis, simulator, { ROLE: 'intake', ...env })
  worker = await startProxy(redis, simulator, { ROLE: 'worker', ...env })
})
afterAll(async () => {
  await worker.close()
  await intake.close()
  await simulator.stop()
  await redis.stop()
})

interface Call {
  readonly operation: string
  readonly at: string
  readonly status?: string
  readonly appointmentId?: string
}
const calls = async () => (await simulator.control('calls')) as Call[]
const breakerState = () => redis.redis.hget(fleetKeys.breaker('soap'), 'state')

let asked = 0
/** The id of what was accepted, or the answer that refused it. */
async function submit(body: object): Promise<string | Response> {
  const answer = await intake.post('/tebra/requests', body)
  return answer.status === 202 ? SubmitAnswer.parse(await answer.json()).id : answer
}
/** A question that nobody has asked before, so that none is answered by another's call. */
const newRead = (priority: 'interactive' | 'bulk') => {
  asked += 1
  return submit({ action: 'searchPatients', params: { lastName: `Nobody-${asked}` }, priority })
}
async function accepted(answer: Promise<string | Response>): Promise<string> {
  const id = await answer
  if (typeof id !== 'string') throw new Error(`not accepted: ${id.status}`)
  return id
}
/** However long the drain takes. */
async function endOf(id: string): Promise<RequestRecord> {
  for (;;) {
    const record = await intake.ended(id, 30)
    if (isEnd(record.status)) return record
  }
}
const startedAt = (record: RequestRecord) => Date.parse(record.startedAt ?? '')

test('an hour without the upstream: taken up to the budget, nothing burned, and drained gently in its order', async () => {
  const created = await intake.ended((await intake.submit('createAppointment', appointment)).id)
  const { id: appointmentId } = created.data as { id: string }
  expect(await read(intake, 'fresh', 'getProviders')).toMatchObject({ status: 'success' })
  await age(redis, 'getProviders', 3_600_000)

  // Gone: the calls that find it out are the only ones that burn an attempt.
  await simulator.misbehave({ kind: 'outage' })
  const finders: string[] = []
  for (let count = 0; count < 8; count += 1) finders.push(await accepted(newRead('interactive')))
  await until('the breaker is open', async () => (await breakerState()) === 'open')
  const goneAt = Date.now()
  const callsBefore = (await calls()).length

  const statusChanges = ['confirmed', 'checked-in', 'roomed']
  const lane: string[] = []
  for (const status of statusChanges)
    lane.push(
      await accepted(submit({ action: 'updateAppointmentStatus', params: { appointmentId, status } })),
    )
  const stale = await read(intake, 'allow-stale', 'getProviders')
  expect(stale).toMatchObject({ status: 'success', source: 'cache', stale: true, attempts: 0 })
  expect(stale.ageMs).toBeGreaterThanOrEqual(3_600_000)

  const bulk: string[] = []
  for (let count = 0; count < 12; count += 1) bulk.push(await accepted(newRead('bulk')))
  const interactive: string[] = []
  let refused: Response | undefined
  while (!refused) {
    const answer = await newRead('interactive')
    if (typeof answer === 'string') interactive.push(answer)
    else refused = answer
  }
  expect(interactive.length).toBeGreaterThan(10)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('Retry-After')).toBe('10')
  expect(await refused.json()).toMatchObject({ code: 'queue-full' })

  while (Date.now() - goneAt < hourMs) {
    expect(await breakerState()).not.toBe('closed')
    expect(await newRead('interactive')).toMatchObject({ status: 503 })
    await sleep(1_000)
  }
  const waiting = [...lane, ...bulk, ...interactive]
  for (const id of waiting) expect((await intake.ended(id, 0)).attempts).toBeLessThanOrEqual(1)
  // A probe each wait, at most, and nothing else.
  const probes = (await calls()).length - callsBefore
  const awayMs = Date.now() - goneAt
  expect(probes).toBeGreaterThan(10)
  expect(probes).toBeLessThanOrEqual(awayMs / breakerWaitMs + 1)

  const seen = (await calls()).length
  await simulator.misbehave({ kind: 'latency', delayMs: answersAfterMs })
  const records = await Promise.all([...finders, ...waiting].map(endOf))
  expect(records.map(({ status }) => status)).toEqual(records.map(() => 'success'))
  const byId = new Map(records.map((record) => [record.id, record]))
  const of = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? [])
  expect(of(waiting).filter(({ attempts }) => attempts !== 1)).toEqual([])
  expect((await simulator.counts()).throttled).toBe(0)
  expect(Number(await redis.redis.get(queueKeys.bytes))).toBe(0)

  // 1, 2, 4, …: how many of the calls were under way when each began, itself included.
  const back = (await calls()).slice(seen)
  const began = back.map(({ at }) => Date.parse(at))
  const underWay = began.map(
    (at) => began.filter((other) => other <= at && other > at - answersAfterMs + 20).length,
  )
  const ramp = [1, 1, 2, 2, 4, 4, 4, 4]
  for (const [index, limit] of ramp.entries())
    expect(underWay[index], `call ${index}`).toBeLessThanOrEqual(limit)

  const writes = back.filter(({ operation }) => operation === 'UpdateAppointmentStatus')
  expect(writes).toHaveLength(statusChanges.length)
  const ended = of(lane).map(({ endedAt }) => Date.parse(endedAt ?? ''))
  expect(ended).toEqual([...ended].sort((a, b) => a - b))

  // Beyond the practice's share, which was in the queue already, bulk waits for all that is interactive.
  const lastInteractive = Math.max(...of(interactive).map(startedAt))
  const late = of(bulk).filter((record) => startedAt(record) >= lastInteractive)
  expect(late.length).toBeGreaterThanOrEqual(bulk.length - 8)
}, 120_000)
