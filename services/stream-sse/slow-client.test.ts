import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { openRaw, type RawClient } from './testing/raw-client.ts'
import { listen, metric, publish, publishResponse, type Streams, startStreams } from './testing/stream.ts'

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

const filler = 'x'.repeat(8_000)
const query = '?streams=agent_updates'

/** A client that has stopped reading, and more sent to it than sockets and queue take: from now on things wait here. */
async function stuckClient(count: number, keyOf: (n: number) => string | undefined) {
  const client = await openRaw(streams.url, session, { query })
  const witness = await listen(streams.url, session, { query })
  await until('it is live', () => client.events.some(({ type }) => type === 'ready'))
  client.stopReading()
  for (let n = 0; n < count; n += 1) await publish(streams, session, { data: { n, filler }, key: keyOf(n) })
  await until('the others have it all', () => witness.named('agent_updates').length === count, 30_000)
  return { client, witness }
}
const numbers = (events: RawClient['events']) =>
  events.filter(({ type }) => type === 'agent_updates').map(({ data }) => JSON.parse(data).data.data.n)

test('a client that falls behind and reads on gets every event once, as long as what waits fits', async () => {
  const { client } = await stuckClient(10, () => undefined)
  client.readOn()
  await until('all have come', () => numbers(client.events).length === 10)
  expect(numbers(client.events)).toEqual(Array.from({ length: 10 }, (_, n) => n))
})

test('far more than a client may leave unread, read at once, reaches one who reads: all of it, in its order', async () => {
  const client = await openRaw(streams.url, session, { query })
  await until('it is live', () => client.events.some(({ type }) => type === 'ready'))
  const count = 200
  await Promise.all(
    Array.from({ length: count }, (_, n) => publish(streams, session, { data: { n, filler } })),
  )
  await until('all have come', () => numbers(client.events).length === count)
  expect(new Set(numbers(client.events)).size).toBe(count)
  const cursors = client.events
    .filter(({ type }) => type === 'agent_updates')
    .map(({ data }) => JSON.parse(data).id)
  const inOrder = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
  expect(cursors).toEqual(cursors.toSorted(inOrder))
  expect(client.events.filter(({ type }) => type === 'resync')).toEqual([])
}, 60_000)

test('events that later ones replace go first: the newest of each key arrives, in order, and nobody resyncs', async () => {
  const count = 1_500
  const { client } = await stuckClient(count, (n) => `row:${n % 5}`)
  client.readOn()
  await until('the newest has come', () => numbers(client.events).at(-1) === count - 1)
  const got = numbers(client.events)
  expect(got).toEqual([...got].sort((a, b) => a - b))
  expect(got.length).toBeLessThan(count)
  expect(got.slice(-5)).toEqual([count - 5, count - 4, count - 3, count - 2, count - 1])
  expect(client.events.filter(({ type }) => type === 'resync')).toEqual([])
}, 60_000)

test('where each event counts, a client too far behind is told to resync, once, and goes on from there', async () => {
  const count = 1_500
  const { client } = await stuckClient(count, () => undefined)
  client.readOn()
  await until('it is told', () => client.events.some(({ type }) => type === 'resync'))
  expect(client.events.filter(({ type }) => type === 'resync').map(({ data }) => JSON.parse(data))).toEqual([
    { reason: 'slow' },
  ])
  await publish(streams, session, { data: { n: count } })
  await until('the next has come', () => numbers(client.events).at(-1) === count)
  const got = numbers(client.events)
  expect(got).toEqual([...Array.from({ length: got.length - 1 }, (_, n) => n), count])
  const missed = await listen(streams.url, session, { query, lastEventId: client.lastEventId() })
  expect([missed.named('resync'), missed.named('agent_updates')]).toEqual([[], []])
}, 60_000)

test('a client that reads nothing between two keep-alives is cut, and its place is free', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '100' })
  session = await streams.signIn()
  const client = await openRaw(streams.url, session, { reading: false })
  await until('it is open', async () => (await metric(streams, 'sse_streams_open')) === 1)
  const big = 'x'.repeat(200_000)
  await until(
    'it is cut',
    async () => {
      await publishResponse(streams, session, big)
      return (await metric(streams, 'sse_streams_open')) === 0
    },
    30_000,
  )
  expect(await metric(streams, 'sse_streams_ended_total', 'end="slow"')).toBe(1)
  client.readOn()
  await client.closed
}, 40_000)

test('a client that stops in the middle of a long history is cut, too', async () => {
  await streams.stop()
  streams = await startStreams(redis, { KEEP_ALIVE_MS: '200' })
  session = await streams.signIn()
  const before = await listen(streams.url, session)
  before.leave()
  const big = 'x'.repeat(300_000)
  for (let n = 0; n < 60; n += 1) await publishResponse(streams, session, big)
  await openRaw(streams.url, session, { lastEventId: before.lastEventId(), reading: false })
  await until('it is cut', async () => (await metric(streams, 'sse_streams_ended_total', 'end="slow"')) === 1)
  expect(await metric(streams, 'sse_streams_open')).toBe(0)
}, 40_000)

test('a client that has closed its side is let go at once, whether it was reading or not', async () => {
  const [reading, deaf] = await Promise.all([
    openRaw(streams.url, session),
    openRaw(streams.url, session, { reading: false }),
  ])
  await until('both are open', async () => (await metric(streams, 'sse_streams_open')) === 2)
  reading.socket.end()
  deaf.socket.end()
  await until('both are let go', async () => (await metric(streams, 'sse_streams_open')) === 0)
})
