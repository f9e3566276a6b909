import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy } from '#lib/testing/tcp-proxy.ts'
import {
  byes,
  type Listening,
  listen,
  metric,
  publishStatus,
  type Streams,
  startStreams,
} from './testing/stream.ts'

let redis: TestRedis
let streams: Streams
let session: TestSession
/** How far the service's clock is ahead of the host's. */
let aheadMs: number
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.redis.flushall()
  aheadMs = 0
  streams = await startStreams(redis, {}, () => Date.now() + aheadMs)
  session = await streams.signIn()
})
afterEach(() => streams.stop())

const keyOf = ({ practiceId, tokenHash }: TestSession) => sessionKeys.session(practiceId, tokenHash)
const accessOf = ({ practiceId, userId }: TestSession) => sessionKeys.access(practiceId, userId)
const tell = (message: object) => redis.redis.publish(channels.sessionEnded, JSON.stringify(message))

/** Waits for the end; answers how long after `at` it came. */
async function endedAfter(client: Listening, at: number): Promise<number> {
  await client.ended
  return Date.now() - at
}

test('a session that runs out of idle time ends its streams within a second, without a message', async () => {
  const idle = await streams.signIn({ idleMs: 400 })
  const [client, stays] = await Promise.all([listen(streams.url, idle), listen(streams.url, session)])
  const over = Date.now() + (await redis.redis.pttl(keyOf(idle)))
  expect(await endedAfter(client, over)).toBeLessThan(1_000)
  expect([byes(client), byes(stays)]).toEqual([['session-ended'], []])
})

test('a session that reaches its absolute end ends its streams within a second', async () => {
  const over = Date.now() + 400
  await redis.redis.hset(keyOf(session), 'absoluteExpiresAt', String(over))
  const client = await listen(streams.url, session)
  expect(await endedAfter(client, over)).toBeLessThan(1_000)
  expect(byes(client)).toEqual(['session-ended'])
})

test('a session that is used meanwhile keeps its streams beyond the end that was foreseen', async () => {
  const idle = await streams.signIn({ idleMs: 400 })
  const client = await listen(streams.url, idle)
  await redis.redis.pexpire(keyOf(idle), 60_000)
  await new Promise((resolve) => setTimeout(resolve, 900))
  const id = await publishStatus(streams, idle)
  await until('it still hears', () => client.ids().includes(id))
})

test('a disabled user’s streams end, and a practice whose sessions were all revoked loses all of its own', async () => {
  const colleague = await streams.signIn()
  const elsewhere = await streams.signIn({ practiceId: 'other-clinic' })
  const [mine, hers, foreign] = await Promise.all(
    [session, colleague, elsewhere].map((as) => listen(streams.url, as)),
  )
  await redis.redis.hset(accessOf(session), 'disabled', '1')
  await tell({ practiceId: session.practiceId, userId: session.userId })
  await mine?.ended
  expect([mine, hers].map((client) => client && byes(client))).toEqual([['session-ended'], []])
  await redis.redis.incr(sessionKeys.epoch(session.practiceId))
  await tell({ practiceId: session.practiceId })
  await hers?.ended
  expect([hers, foreign].map((client) => client && byes(client))).toEqual([['session-ended'], []])
})

test('an end whose message was lost is noticed by looking again', async () => {
  const client = await listen(streams.url, session)
  await redis.redis.del(keyOf(session))
  aheadMs = 31_000
  await client.ended
  expect(byes(client)).toEqual(['session-ended'])
})

test('a permission that was taken away without a message stops the flow, too', async () => {
  const client = await listen(streams.url, session)
  await redis.redis.hset(accessOf(session), 'roles', 'auditor')
  aheadMs = 31_000
  await client.ended
  expect(byes(client)).toEqual(['forbidden'])
})

test('a message about a session that is still good ends nothing and loses nothing', async () => {
  const client = await listen(streams.url, session)
  const sent: string[] = []
  for (let n = 0; n < 20; n += 1) {
    await tell({ practiceId: session.practiceId, userId: session.userId })
    sent.push(await publishStatus(streams, session))
  }
  await until('all have come', () => client.ids().length === sent.length)
  expect([client.ids(), byes(client)]).toEqual([sent, []])
})

test('where only the reader is dead, readiness says so and clients are sent away instead of kept in silence', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '100' })
  session = await streams.signIn()
  const client = await listen(streams.url, session)
  const mayRead = () => redis.redis.acl('SETUSER', 'default', '+xread')
  onTestFinished(async () => void (await mayRead()))
  await redis.redis.acl('SETUSER', 'default', '-xread')
  const list = (await redis.redis.client('LIST')) as string
  for (const line of list.split('\n').filter((one) => one.includes('name=stream-sse-reader')))
    await redis.redis.client('KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '')
  await client.ended
  expect(byes(client)).toEqual(['unavailable'])
  expect((await fetch(`${streams.url}/readyz`)).status).toBe(503)
  expect((await listen(streams.url, session)).status).toBe(503)
  await mayRead()
  await until('ready again', async () => (await fetch(`${streams.url}/readyz`)).status === 200)
  const missed = await publishStatus(streams, session)
  const back = await listen(streams.url, session, { lastEventId: client.lastEventId() })
  expect([back.ids(), back.named('resync')]).toEqual([[missed], []])
}, 30_000)

test('a Redis that is silent without closing anything ends the streams, and they resume where they were', async () => {
  await streams.stop()
  const proxy = await startTcpProxy(Number(new URL(redis.url).port))
  const behind = await startStreams({ url: `redis://127.0.0.1:${proxy.port}` })
  const client = await listen(behind.url, session)
  proxy.set('black-hole')
  const missed = await publishStatus(streams, session).catch(() => '')
  await client.ended
  expect(byes(client)).toEqual(['unavailable'])
  proxy.set('pass')
  await until('ready again', async () => (await fetch(`${behind.url}/readyz`)).status === 200, 20_000)
  const back = await listen(behind.url, session, { lastEventId: client.lastEventId() })
  expect([missed === '' || back.ids().includes(missed), back.named('resync')]).toEqual([true, []])
  await behind.stop()
  await proxy.stop()
  streams = await startStreams(redis)
}, 40_000)

test('each end is counted under its name', async () => {
  const client = await listen(streams.url, session)
  client.leave()
  await until(
    'it is counted',
    async () => (await metric(streams, 'sse_streams_ended_total', 'end="client"')) === 1,
  )
  await listen(streams.url, session)
  await redis.redis.del(keyOf(session))
  await tell({ practiceId: session.practiceId, tokenHash: session.tokenHash })
  const ended = () => metric(streams, 'sse_streams_ended_total', 'end="session-ended"')
  await until('it is counted', async () => (await ended()) === 1)
})

test('an EventSource that comes back with its used ticket is told to stop; asking for the head opens nothing', async () => {
  const issued = await fetch(`${streams.url}/events/tickets`, { method: 'POST', headers: session.headers })
  const { ticket } = (await issued.json()) as { ticket: string }
  const query = `?ticket=${ticket}`
  const client = await listen(streams.url, { headers: {} }, { query })
  const again = await listen(streams.url, { headers: {} }, { query, lastEventId: client.lastEventId() })
  expect([client.status, again.status]).toEqual([200, 204])
  const head = await fetch(`${streams.url}/events`, { method: 'HEAD', headers: session.headers })
  expect([head.status, head.headers.get('Content-Type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  expect(await metric(streams, 'sse_streams_open')).toBe(1)
})
