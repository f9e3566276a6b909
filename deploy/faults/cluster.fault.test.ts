import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyAudit } from '#lib/audit/verify.ts'
import { until } from '#lib/processes/wait.ts'
import { auditKeys, sessionKeys } from '#lib/redis/keys.ts'
import { createPartitions } from '#lib/redis/partitions.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { demoPractice } from '../local/demo-users.ts'
import { misbehave, signIn, startTestStack, type TestStack } from '../local/testing/stack.ts'
import {
  answerWithinMs,
  brokenPromises,
  crashed,
  oddRefusals,
  shortWaits,
  startLoad,
  submit,
  untilReadiness,
} from './testing/run-load.ts'

const partitions = createPartitions(3)
/** Of the partition that the load goes to. */
const queueKeys = partitions.of(demoPractice)

const started: { cluster?: TestCluster } = {}
let cluster: TestCluster
let stack: TestStack

beforeAll(async () => {
  // A 202 promises what a killed master still has: without it what was answered may go with it.
  const env = { ...shortWaits, DURABILITY: 'aof', QUEUE_PARTITIONS: String(partitions.count) }
  stack = await startTestStack(env, async (aclFile, password) => {
    const operator = `operator:${password}`
    started.cluster = await startTestCluster({ aclFile, operator, settings: { appendfsync: 'always' } })
    const [first] = started.cluster.nodes
    if (!first) throw new Error('no node')
    return {
      hosts: started.cluster.url.replace(/^.*@/, ''),
      topology: 'cluster',
      child: first.server().child,
      stop: () => started.cluster?.stop() ?? Promise.resolve(),
    }
  })
  if (!started.cluster) throw new Error('no Cluster')
  cluster = started.cluster
})
afterAll(() => stack.stop())

test('partitions of the queue, sessions and audit log live on more than one master', async () => {
  const keys = [
    ...partitions.all.map(({ requests }) => requests),
    sessionKeys.epoch(demoPractice),
    auditKeys.log(demoPractice),
    sessionKeys.touches,
  ]
  const nodes = await Promise.all(keys.map((key) => cluster.nodeOf(key)))
  expect(new Set(nodes).size).toBeGreaterThan(1)
})

test('a person signs in, calls, hears the result, signs out, and all of it is in an intact audit chain', async () => {
  const desk = await signIn(stack, 'front-desk')
  const steps: string[] = []
  const schedule = await desk.client.call(
    'syncSchedule',
    {},
    { onProgress: ({ status }) => steps.push(status) },
  )
  expect(schedule.appointments.length).toBeGreaterThan(20)
  expect(steps).toContain('processing')
  expect((await desk.post('/auth/logout')).status).toBe(204)
  await until('the stream has ended', () => desk.events.state.kind === 'ended')
  expect(desk.events.state).toMatchObject({ reason: 'session-ended' })
  expect((await fetch(`${stack.baseUrl}/auth/session`, { headers: desk.headers })).status).toBe(401)
  const auditKey = Buffer.from(stack.auditKey, 'base64')
  await until('the end is audited', async () => (await cluster.redis.xlen(auditKeys.log(demoPractice))) >= 5)
  expect(await verifyAudit(cluster.redis, auditKey, demoPractice)).toMatchObject({ intact: true })
})

test('no service asks a node for what its ACL user may not do', async () => {
  const logs = await Promise.all(cluster.nodes.map((node) => node.redis.acl('LOG')))
  expect(logs.flat()).toEqual([])
})

test('the queue moves slowly to another master while it is used, and nothing is lost or done twice', async () => {
  const desk = await signIn(stack, 'front-desk')
  const load = startLoad(stack, desk)
  for (let moves = 0; moves < 3; moves += 1) {
    const before = load.accepted()
    await until('requests are accepted', () => load.accepted() > before + 20)
    const from = await cluster.nodeOf(queueKeys.requests)
    const to = cluster.nodes.find((node) => node !== from)
    if (!to) throw new Error('no other master')
    await cluster.moveSlotOf(queueKeys.requests, to, 50)
  }
  const before = load.accepted()
  await until('requests are accepted', () => load.accepted() > before + 20)
  await load.stop()
  // What was ended in part stays among the open ones, to be made again later.
  await until('no request is open', async () => (await cluster.redis.zcard(queueKeys.open)) === 0, 30_000)
  expect(await brokenPromises(stack, desk, load)).toEqual([])
  expect(oddRefusals(load)).toEqual([])
  expect(await crashed(stack)).toEqual([])
  desk.events.close()
}, 90_000)

test('the master that has the queue is killed with −9 and comes back: nothing is lost or done twice', async () => {
  const desk = await signIn(stack, 'front-desk')
  await misbehave(stack, { kind: 'latency', delayMs: 60 })
  const load = startLoad(stack, desk)
  await until('there is load', () => load.accepted() > 10)
  const lost = await cluster.nodeOf(queueKeys.requests)
  await lost.kill()
  await untilReadiness(stack, 503)
  await until('the intake refuses', () => load.refused().length > 5)
  await lost.start()
  await untilReadiness(stack, 200, 30_000)
  const before = load.accepted()
  await until('requests are accepted again', () => load.accepted() > before + 5, 20_000)
  await load.stop()
  expect(await brokenPromises(stack, desk, load)).toEqual([])
  expect(load.told.filter((one) => one.kind !== 'accepted' && one.tookMs > answerWithinMs)).toEqual([])
  expect(oddRefusals(load)).toEqual([])
  expect(await crashed(stack)).toEqual([])
  const fresh = await submit(stack, desk)
  if (fresh.kind !== 'accepted') throw new Error('a new request was not taken')
  expect((await desk.recordOf(fresh.id, 20)).status).toBe('success')
  desk.events.close()
}, 120_000)
