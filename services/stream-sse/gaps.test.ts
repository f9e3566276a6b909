import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ServerSentEvent } from '#lib/client/sse-parser.ts'
import { until } from '#lib/processes/wait.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy } from '#lib/testing/tcp-proxy.ts'
import { compareIds, parseEntryId } from './cursor.ts'
import { openRaw } from './testing/raw-client.ts'
import {
  type Listening,
  listen,
  publish,
  publishStatus,
  resyncs,
  type Streams,
  startStreams,
} from './testing/stream.ts'

let redis: TestRedis
let streams: Streams
let session: TestSession
beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.stop())
beforeEach(async () => {
  await redis.redis.flushall()
  streams = await startStreams(redis)
  session = await streams.signIn({ roles: ['front-desk', 'operator'] })
})
afterEach(() => streams.stop())

const query = '?streams=agent_updates,tebra:status'
type Told = { readonly events: readonly ServerSentEvent[] }
const numbers = ({ events }: Told) =>
  events.filter(({ type }) => type === 'agent_updates').map(({ data }) => JSON.parse(data).data.data.n)
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

const byEntryId = (a: string, b: string) => compareIds(parseEntryId(a), parseEntryId(b))

/** Publishes numbered events, in their order. */
async function publishNumbers(from: number, to: number, more: object = {}): Promise<void> {
  for (let n = from; n < to; n += 100)
    await Promise.all(
      upTo(Math.min(100, to - n)).map((index) =>
        publish(streams, session, { data: { n: n + index, ...more } }),
      ),
    )
}
const inOrder = (told: Told) => [...numbers(told)].sort((a, b) => a - b)

test('thousands of events while history is told: none is lost, none comes twice', async () => {
  const before = await listen(streams.url, session, { query })
  before.leave()
  await publishNumbers(0, 3_000)
  const publishing = publishNumbers(3_000, 6_000)
  const clients = await Promise.all(
    upTo(5).map(() => listen(streams.url, session, { query, lastEventId: before.lastEventId() })),
  )
  await publishing
  for (const client of clients) {
    await until('all have come', () => numbers(client).length >= 6_000, 20_000)
    expect(inOrder(client)).toEqual(upTo(6_000))
    expect(resyncs(client)).toEqual([])
    const ids = client.named('agent_updates').map(({ data }) => JSON.parse(data).id)
    expect(ids).toEqual(ids.toSorted(byEntryId))
  }
}, 60_000)

test('more than may wait arrives while a client reads its history slowly: it is read on from there, without a gap', async () => {
  const before = await listen(streams.url, session, { query })
  before.leave()
  const filler = 'x'.repeat(4_000)
  await publishNumbers(0, 2_000, { filler })
  const client = await openRaw(streams.url, session, { query, lastEventId: before.lastEventId() })
  await until('it has begun', () => numbers(client).length > 0)
  client.stopReading()
  await publishNumbers(2_000, 3_000, { filler })
  client.readOn()
  await until('all have come', () => numbers(client).length >= 3_000, 20_000)
  expect(inOrder(client)).toEqual(upTo(3_000))
  expect(client.events.filter(({ type }) => type === 'resync')).toEqual([])
}, 60_000)

test('several streams are told in one order, and one cursor covers them all', async () => {
  const first = await listen(streams.url, session, { query })
  for (let n = 0; n < 10; n += 1) {
    await publish(streams, session, { data: { n } })
    await publishStatus(streams, session)
  }
  await until('all have come', () => first.ids().length === 10 && numbers(first).length === 10)
  const order = (client: Listening) =>
    client.events.filter(({ data }) => data.startsWith('{"stream"')).map(({ data }) => JSON.parse(data).id)
  for (const [at, event] of first.events.entries()) {
    if (!event.data.startsWith('{"stream"')) continue
    const rest = await listen(streams.url, session, { query, lastEventId: event.lastEventId })
    const told = first.events.slice(0, at + 1).filter(({ data }) => data.startsWith('{"stream"')).length
    expect(order(rest)).toEqual(order(first).slice(told))
    rest.leave()
  }
}, 30_000)

test('what is trimmed before a waiting instance has read it is told to those who listen', async () => {
  const proxy = await startTcpProxy(Number(new URL(redis.url).port))
  const behind = await startStreams({ url: `redis://127.0.0.1:${proxy.port}` })
  const client = await listen(behind.url, session, { query: '?streams=tebra:status' })
  await publishStatus(streams, session)
  await until('it hears', () => client.ids().length === 1)
  proxy.set('black-hole')
  for (let n = 0; n < 24; n += 1)
    await Promise.all(
      upTo(500).map(() => redis.redis.xadd(queueKeys.status, 'MAXLEN', '~', 10_000, '*', 'n', '1')),
    )
  proxy.set('pass')
  await until('the gap is told', () => resyncs(client).length > 0)
  const last = await publishStatus(streams, session)
  await until('it hears on', () => client.ids().includes(last))
  expect(resyncs(client)).toEqual(['trimmed'])
  const back = await listen(behind.url, session, { lastEventId: client.lastEventId() })
  expect([back.ids(), resyncs(back)]).toEqual([[], []])
  await behind.stop()
  await proxy.stop()
}, 40_000)

test('a bus history that was trimmed since the cursor is told as a gap; what is left of it is not sold as all', async () => {
  const before = await listen(streams.url, session, { query })
  before.leave()
  await publishNumbers(0, 5)
  await redis.redis.xtrim(queueKeys.practiceEvents(session.practiceId), 'MAXLEN', 2)
  const after = await listen(streams.url, session, { query, lastEventId: before.lastEventId() })
  expect([resyncs(after), numbers(after)]).toEqual([['trimmed'], []])
})

test('another practice’s events move nobody’s history: a quiet practice resumes without a gap', async () => {
  const neighbour = await streams.signIn({ practiceId: 'other-clinic', roles: ['operator'] })
  const before = await listen(streams.url, neighbour, { query: '?streams=agent_updates' })
  before.leave()
  await publishNumbers(0, 500)
  const missed = await publish(streams, neighbour)
  const after = await listen(streams.url, neighbour, {
    query: '?streams=agent_updates',
    lastEventId: before.lastEventId(),
  })
  expect(after.named('agent_updates').map(({ data }) => JSON.parse(data).id)).toEqual([missed])
  expect(resyncs(after)).toEqual([])
})

test('a listener that hears nothing for long keeps a young cursor, so that others’ trimming is no gap of its own', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '50' })
  const quiet = await streams.signIn()
  const client = await listen(streams.url, quiet)
  const first = client.lastEventId()
  for (let n = 0; n < 5; n += 1) await publishStatus(streams, session)
  await until('the cursor has moved', () => client.lastEventId() !== first)
  await until('it stands', async () => (await redis.redis.xtrim(queueKeys.status, 'MAXLEN', 1)) >= 0)
  const cursor = client.lastEventId()
  client.leave()
  const back = await listen(streams.url, quiet, { lastEventId: cursor })
  expect([client.ids(), resyncs(back)]).toEqual([[], []])
})

test('a failover that lost what clients have seen begins a new epoch, also where the old one still stands', async () => {
  const client = await listen(streams.url, session, { query })
  await publish(streams, session, { data: { n: 0 } })
  await until('it hears', () => numbers(client).length === 1)
  const seen = client.lastEventId()
  await redis.redis.del(queueKeys.events, queueKeys.practiceEvents(session.practiceId))
  await until('the loss is told', () => resyncs(client).length === 1)
  expect(resyncs(client)).toEqual(['epoch'])
  await publish(streams, session, { data: { n: 1 } })
  await until('it hears on', () => numbers(client).length === 2)
  const [old, young] = await Promise.all(
    [seen, client.lastEventId()].map((lastEventId) => listen(streams.url, session, { query, lastEventId })),
  )
  expect([old && resyncs(old), young && resyncs(young)]).toEqual([['epoch'], []])
})

test('a cursor from one practice opens nothing of another’s', async () => {
  const neighbour = await streams.signIn({ practiceId: 'other-clinic', roles: ['operator'] })
  const theirs = await listen(streams.url, neighbour, { query: '?streams=agent_updates' })
  await publish(streams, neighbour, { data: { n: 1 } })
  await publish(streams, session, { data: { n: 2 } })
  const mine = await listen(streams.url, session, { query, lastEventId: theirs.lastEventId() })
  expect(numbers(mine)).toEqual([2])
})

test.each([
  '0',
  'aaaaaaaa',
  'aaaaaaaa.0-0.0-0',
  'aaaaaaaa.0-0.0-0.0-0.0-0',
  'aaaaaaaa.zzzzzzzzzzz-0.0-0.0-0',
  'AAAAAAAA.0-0.0-0.0-0',
  '../../etc/passwd',
  '%00',
  '𝟙-𝟘',
])('the cursor %j is answered with a resync', async (cursor) => {
  const client = await listen(streams.url, session, { query: `?lastEventId=${encodeURIComponent(cursor)}` })
  expect([client.status, resyncs(client).length]).toEqual([200, 1])
})

test('an instance that starts anew tells its returning clients what they missed meanwhile', async () => {
  const clients = await Promise.all(upTo(10).map(() => listen(streams.url, session, { query })))
  await publishNumbers(0, 3)
  await until('all hear', () => clients.every((client) => numbers(client).length === 3))
  await streams.stop()
  streams = await startStreams(redis)
  await publishNumbers(3, 6)
  const back = await Promise.all(
    clients.map((client) => listen(streams.url, session, { query, lastEventId: client.lastEventId() })),
  )
  for (const client of back) expect([numbers(client), resyncs(client)]).toEqual([[3, 4, 5], []])
})
