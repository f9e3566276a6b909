import { afterEach, beforeEach, expect, test } from 'vitest'
import { isEnd } from '#lib/contract/requests.ts'
import { until } from '#lib/processes/wait.ts'
import { infoField } from '#lib/redis/health.ts'
import { startTestSentinel, type TestSentinel } from '#lib/testing/sentinel.ts'
import { misbehave, signIn, startTestStack, type TestStack } from '../local/testing/stack.ts'
import {
  brokenPromises,
  crashed,
  oddRefusals,
  shortWaits,
  startLoad,
  submit,
  untilReadiness,
} from './testing/run-load.ts'

let sentinel: TestSentinel
let stack: TestStack
let desk: Awaited<ReturnType<typeof signIn>>

beforeEach(async () => {
  stack = await startTestStack({ ...shortWaits, DURABILITY: 'replica' }, async (aclFile, password) => {
    sentinel = await startTestSentinel({ aclFile, operator: { name: 'operator', password } })
    return {
      hosts: sentinel.url.replace(/^.*@/, ''),
      topology: 'sentinel',
      sentinelName: sentinel.sentinelName,
      child: sentinel.primary.child,
      stop: () => sentinel.stop(),
    }
  })
  await misbehave(stack, { kind: 'latency', delayMs: 60 })
  desk = await signIn(stack, 'front-desk')
})
afterEach(async () => {
  desk.events.close()
  await stack.stop()
})

const promoted = () =>
  until(
    'the replica is the primary',
    // It closes its connections when its part changes.
    () =>
      sentinel.redis.replica.info('replication').then(
        (info) => infoField(info, 'role') === 'master',
        () => false,
      ),
    20_000,
  )

test('what was confirmed survives a failover to a replica that lags, and what was not was answered 503', async () => {
  const load = startLoad(stack, desk)
  await until('there is load', () => load.accepted() > 20)
  await sentinel.lag()
  await until('the replica lags and the intake refuses', () => load.refused().length > 10)
  await sentinel.primary.child.end('SIGKILL')
  await promoted()
  // The new primary is alone and refuses writes until somebody follows it.
  await sentinel.restartPrimary()
  await untilReadiness(stack, 200, 30_000)
  const before = load.accepted()
  await until('requests are accepted again', () => load.accepted() > before + 10, 30_000)
  await load.stop()
  expect(await brokenPromises(stack, desk, load)).toEqual([])
  expect(oddRefusals(load)).toEqual([])
  expect(load.told.filter(({ kind }) => kind === 'silent')).toEqual([])
  expect(await crashed(stack)).toEqual([])
}, 150_000)

test('a failover that an operator asks for loses nothing, and events and new requests go on', async () => {
  const load = startLoad(stack, desk)
  await until('there is load', () => load.accepted() > 20)
  await sentinel.failover()
  await promoted()
  const before = load.accepted()
  await until('requests are accepted again', () => load.accepted() > before + 10, 30_000)
  await load.stop()
  expect(await brokenPromises(stack, desk, load)).toEqual([])
  expect(await crashed(stack)).toEqual([])
  const told = new Set<string>()
  desk.events.onEvent(({ stream, data }) => stream === 'tebra:responses' && told.add(data.requestId))
  await until('the stream is open', () => desk.events.state.kind === 'open', 20_000)
  const fresh = await submit(stack, desk)
  if (fresh.kind !== 'accepted') throw new Error('a new request was not taken')
  expect(isEnd((await desk.recordOf(fresh.id, 20)).status)).toBe(true)
  await until('its end is heard', () => told.has(fresh.id))
}, 150_000)
