import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { verifyAudit } from '#lib/audit/verify.ts'
import { isEnd } from '#lib/contract/requests.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { demoPractice } from '../local/demo-users.ts'
import { misbehave, signIn, startTestStack, type TestStack } from '../local/testing/stack.ts'
import { type FaultyRedis, faultyRedis } from './testing/faulty-redis.ts'
import {
  answerWithinMs,
  brokenPromises,
  crashed,
  type Load,
  oddRefusals,
  readiness,
  shortWaits,
  startLoad,
  submit,
  untilReadiness,
} from './testing/run-load.ts'

// Without `always` a killed Redis may take with it what it had answered while the disk was busy with the second before.
const fault = faultyRedis({ appendfsync: 'always' })
let stack: TestStack
let redis: FaultyRedis
let desk: Awaited<ReturnType<typeof signIn>>
let load: Load

beforeAll(async () => {
  stack = await startTestStack({ ...shortWaits, DURABILITY: 'aof' }, fault.startRedis)
  redis = fault.redis
})
afterAll(() => stack.stop())
beforeEach(async () => {
  await misbehave(stack, { kind: 'latency', delayMs: 60 })
  desk = await signIn(stack, 'front-desk')
  load = startLoad(stack, desk)
  await until('there is load', () => load.accepted() > 10)
})
afterEach(async () => {
  redis.wire.set('pass')
  await load.stop()
  desk.events.close()
})

const fillCommands = 20_000
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What every fault must leave: no promise broken, nobody hung or crashed, and new requests that work. */
async function expectGoodEnd(): Promise<void> {
  await untilReadiness(stack, 200)
  const before = load.accepted()
  await until('requests are accepted again', () => load.accepted() > before + 5)
  await load.stop()
  expect(await brokenPromises(stack, desk, load)).toEqual([])
  expect(load.told.filter((one) => one.kind !== 'accepted' && one.tookMs > answerWithinMs)).toEqual([])
  expect(load.told.filter(({ kind }) => kind === 'silent')).toEqual([])
  expect(oddRefusals(load)).toEqual([])
  expect(await crashed(stack)).toEqual([])
  const fresh = await submit(stack, desk)
  if (fresh.kind !== 'accepted') throw new Error(`a new request was not taken: ${JSON.stringify(fresh)}`)
  expect((await desk.recordOf(fresh.id, 20)).status).toBe('success')
}

test('a Redis that is restarted in order loses nothing, and every service says that it was away', async () => {
  const restarted = redis.restart('SIGTERM', 1_500)
  await untilReadiness(stack, 503)
  await restarted
  await expectGoodEnd()
}, 90_000)

test('a Redis that is killed with −9 loses nothing of what it had taken', async () => {
  await redis.restart('SIGKILL', 500)
  await expectGoodEnd()
}, 90_000)

test('while Redis reads its file it is told as not ready, and nothing is lost', async () => {
  const statuses = new Set<number>()
  // Redis answers callers once in 1024 commands that it reads, so a short file would show nothing.
  const fill = redis.operator.pipeline()
  for (let n = 0; n < fillCommands; n += 1) fill.set('fill', n)
  await fill.exec()
  // Redis' own setting for tests: it takes a rest of so many µs after each command that it reads.
  const restPerCommand = String(Math.round(2_000_000 / fillCommands))
  let over = false
  const restarted = redis.restart('SIGTERM', 0, { 'key-load-delay': restPerCommand }).then(() => {
    over = true
  })
  const replies = new Set<string>()
  while (!over) {
    for (const status of Object.values(await readiness(stack))) statuses.add(status)
    replies.add(await redis.firstWord())
    // Seen what is to be seen: how long the rest of the file takes is the machine's matter.
    if (replies.has('LOADING') && statuses.has(503)) await redis.readOn()
    await pause(20)
  }
  await restarted
  expect([...replies]).toContain('LOADING')
  expect([...statuses]).toContain(503)
  expect(load.told.filter(({ kind }) => kind === 'silent')).toEqual([])
  await expectGoodEnd()
}, 90_000)

test('a Redis that has turned into a replica refuses, is told as not ready, and is left when it is a primary again', async () => {
  await redis.operator.replicaof('127.0.0.1', await freePort())
  await untilReadiness(stack, 503)
  await until('the intake refuses', () => load.refused().length > 5)
  await redis.operator.replicaof('NO', 'ONE')
  await expectGoodEnd()
}, 90_000)

test('past its memory Redis refuses, the intake says 503, and what is in flight ends when memory is given', async () => {
  await redis.operator.config('SET', 'maxmemory', '1mb')
  await untilReadiness(stack, 503)
  await until('the intake refuses', () => load.refused().length > 5)
  await redis.operator.config('SET', 'maxmemory', '0')
  await expectGoodEnd()
}, 90_000)

test('a disk that cannot be saved to stops writes, and they go on when the operator lets them', async () => {
  // A folder that is gone fails the snapshot; the append-only file stays open and is written on.
  await redis.operator.config('SET', 'save', '3600 1')
  await rm(join(redis.folder, 'data'), { recursive: true, force: true })
  await redis.operator.bgsave()
  await untilReadiness(stack, 503)
  await until('the intake refuses', () => load.refused().length > 5)
  await redis.operator.config('SET', 'stop-writes-on-bgsave-error', 'no')
  await expectGoodEnd()
  await redis.operator.config('SET', 'save', '')
}, 90_000)

test('scripts that Redis has forgotten are sent again', async () => {
  for (let n = 0; n < 20; n += 1) {
    await redis.operator.script('FLUSH')
    await pause(50)
  }
  await expectGoodEnd()
  expect(load.refused()).toEqual([])
}, 90_000)

test('replies that are lost make nothing happen twice', async () => {
  // Most of the time their connections are closed at once; the last ones are waited for until the deadline.
  for (let n = 0; n < 10; n += 1) {
    const dropped = redis.wire.droppedBytes()
    redis.wire.set('drop-replies')
    await until('replies are lost', () => redis.wire.droppedBytes() > dropped)
    if (n < 9) await pause(100)
    else await untilReadiness(stack, 503)
    redis.wire.set('pass')
    await pause(300)
  }
  await expectGoodEnd()
}, 90_000)

test('connections that are cut again and again lose and double nothing', async () => {
  for (let n = 0; n < 10; n += 1) {
    redis.wire.cutOpen()
    await pause(150)
  }
  await expectGoodEnd()
}, 90_000)

test('in a black hole of 10 s nobody waits longer than the deadline, and readers find their way back', async () => {
  const before = load.told.length
  redis.wire.set('black-hole')
  await untilReadiness(stack, 503)
  await pause(7_000)
  const during = load.told.slice(before)
  redis.wire.set('pass')
  expect(during.length).toBeGreaterThan(20)
  expect(during.every((one) => one.kind !== 'silent')).toBe(true)
  await expectGoodEnd()
}, 120_000)

test('a slow Redis slows the answers and breaks nothing', async () => {
  let ends = 0
  redis.wire.delay(50)
  desk.events.onEvent(({ stream }) => {
    if (stream === 'tebra:responses') ends += 1
  })
  await until('requests end in it', () => ends > 40, 30_000)
  expect(Object.values(await readiness(stack))).toEqual([200, 200, 200])
  redis.wire.delay(0)
  await expectGoodEnd()
  expect(load.refused()).toEqual([])
}, 90_000)

test('events go on after all of this, and the audit chain is whole', async () => {
  await load.stop()
  const ends = new Set<string>()
  desk.events.onEvent(({ stream, data }) => stream === 'tebra:responses' && ends.add(data.requestId))
  await until('the stream is open', () => desk.events.state.kind === 'open')
  const { id } = await desk.client.submit('getPractices', {})
  await until('its end is heard', () => ends.has(id))
  expect(isEnd((await desk.recordOf(id)).status)).toBe(true)
  expect(
    await verifyAudit(redis.operator, Buffer.from(stack.auditKey, 'base64'), demoPractice),
  ).toMatchObject({ intact: true })
}, 60_000)

test('a Redis that was emptied is used again: the group is made anew, and users sign in after the next start', async () => {
  await load.stop()
  await redis.operator.flushall()
  await until('the worker has made its group', async () =>
    redis.operator.xinfo('GROUPS', queueKeys.requests).then(
      (groups) => (groups as unknown[]).length === 1,
      () => false,
    ),
  )
  await stack.processes.get('auth-session')?.end('SIGTERM')
  await stack.restart('auth-session')
  desk.events.close()
  desk = await signIn(stack, 'front-desk')
  const fresh = await submit(stack, desk)
  if (fresh.kind !== 'accepted') throw new Error('a new request was not taken')
  expect((await desk.recordOf(fresh.id, 20)).status).toBe('success')
}, 60_000)
