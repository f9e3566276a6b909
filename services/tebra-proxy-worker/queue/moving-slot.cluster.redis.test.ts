import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isEnd } from '#lib/contract/requests.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { openTestGround } from '#lib/testing/ground.ts'
import { halfMoves, notRefused } from '#lib/testing/half-moves.ts'
import { queueKeys as keys, onePartition } from '#lib/testing/one-partition.ts'
import { createRequestDesk } from '../intake/request-desk.ts'
import { createLeaderJobs } from '../worker/leader-jobs.ts'
import { createRequestQueue } from './request-queue.ts'

let cluster: TestCluster
let ground: ServiceGround
beforeAll(async () => {
  cluster = await startTestCluster()
  ground = await openTestGround('moving-slot-test', cluster)
})
afterAll(async () => {
  disconnect(ground.redis)
  await cluster.stop()
})

const limits = { retentionMs: 600_000, inlineBytesMax: 1_000 }
const userId = uuidv7()

/** A queue with requests in every place that one may be in, and the steps that change it. */
async function fillQueue() {
  const { redis } = ground
  for (const node of cluster.nodes) await node.redis.flushall()
  await ground.dataKeys.ensure('clinic')
  const queue = createRequestQueue({ redis, keys, consumer: 'a', limits })
  const desk = createRequestDesk({
    ...ground,
    partitions: onePartition,
    laneKey: Buffer.alloc(32),
    limits: { queueBytesMax: 1_000_000, retentionMs: limits.retentionMs, practiceShare: 5 },
  })
  await queue.ensureGroup()
  const submit = async (params: { patientId?: string } = {}) => {
    const request = { id: uuidv7(), practiceId: 'clinic', userId, correlationId: uuidv7(), params }
    const action = params.patientId ? 'getPatient' : 'getProviders'
    await desk.submit({ ...request, action, priority: 'interactive', idempotencyKey: undefined })
    return request.id
  }
  const recordOf = async (id: string) => (await desk.readPlain('clinic', id)) ?? fail()
  const jobs = createLeaderJobs({
    ...{ redis, keys, queue, worker: 'a', leaseMs: 600_000, patienceMs: 0, silentMs: 0 },
    isStopped: async () => false,
  })
  await jobs.lead()

  const ids = [await submit({ patientId: '1' })]
  const parked = await submit({ patientId: '1' })
  for (let count = 0; count < 6; count += 1) ids.push(await submit())
  const [head, inHand, delayed, dead, dying] = await queue.take(5)
  if (!(head && inHand && delayed && dead && dying)) throw new Error('five were to be taken')
  for (const request of [head, inHand, delayed, dead, dying]) await queue.beginAttempt(request)
  const late = { delayMs: 0, reason: 'timed-out', burned: true }
  await queue.postpone(delayed, late)
  for (const request of [dead, dying]) await queue.finish(request, { status: 'uncertain' })
  const [requeued, resolved, cancelled] = [
    await recordOf(dead.id),
    await recordOf(dying.id),
    await recordOf(parked),
  ]
  const steps = {
    take: () => queue.take(10),
    claim: () => queue.claim([inHand]),
    begin: () => queue.beginAttempt(inHand),
    renew: () => queue.renew([inHand]),
    finish: () => queue.finish(inHand, { status: 'success', sealed: 'x' }),
    'finish the head of a lane': () => queue.finish(head, { status: 'success', sealed: 'x' }),
    postpone: () => queue.postpone(inHand, late),
    hold: () => queue.hold(inHand, false),
    'move what is due': () => jobs.move(),
    sweep: () => jobs.sweep(),
    tidy: () => jobs.tidy(),
    submit: () => submit({ patientId: '1' }),
    cancel: () => desk.cancel(cancelled),
    requeue: () => desk.deadLetters.requeue(requeued),
    resolve: () => desk.deadLetters.resolve(resolved, { userId, outcome: 'success', note: 'called them' }),
  }
  return { queue, recordOf, ids: [...ids, parked], steps }
}

const fail = (): never => {
  throw new Error('nothing is there')
}

const kinds = {
  records: /:request:/,
  'lines, lanes and histories': /:(practice|lane|dead|history):/,
  'streams and indexes': /^\{tebra\}:[^:]+$/,
}

test.each(halfMoves(kinds))(
  'with %s at another master every step is refused as a whole, and none is missed afterwards',
  async (_, moves) => {
    const { queue, steps, ids, recordOf } = await fillQueue()
    const move = await cluster.moveInPart(keys.requests, moves)
    const before = await move.content()
    expect(await notRefused(steps)).toEqual({})
    expect(await move.content()).toEqual(before)

    await move.end()
    for (const name of ['finish', 'finish the head of a lane', 'requeue', 'resolve'] as const)
      expect(await steps[name](), name).toBe('done')
    await steps['move what is due']()
    for (let taken = await queue.take(10); taken.length > 0; taken = await queue.take(10))
      for (const request of taken)
        expect(await queue.finish(request, { status: 'success', sealed: 'x' })).toBe('done')
    for (const id of ids) expect(isEnd((await recordOf(id)).status)).toBe(true)
    expect(await ground.redis.zcard(keys.open)).toBe(0)
    expect(await ground.redis.get(keys.bytes)).toBe('0')
  },
  120_000,
)
