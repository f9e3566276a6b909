import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '#lib/processes/free-port.ts'
import { until } from '#lib/processes/wait.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy, type TcpProxy } from '#lib/testing/tcp-proxy.ts'
import {
  connectCommands,
  connectReader,
  connectSubscriber,
  disconnect,
  type RedisClient,
  untilReady,
} from './connect.ts'
import { isRedisUnavailable } from './unavailable.ts'

let server: TestRedis
let proxy: TcpProxy
let opened: RedisClient[]
const onError = () => {}

beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())
beforeEach(async () => {
  opened = []
  proxy = await startTcpProxy(server.server().port)
  await server.redis.flushall()
})
afterEach(async () => {
  disconnect(...opened)
  await proxy.stop()
})

const config = () => ({ url: `redis://127.0.0.1:${proxy.port}`, name: 'under-test' })
async function open(redis: RedisClient): Promise<RedisClient> {
  opened.push(redis)
  await untilReady(redis)
  return redis
}
/** How long a promise took to reject, in ms, and with what. */
async function rejection(promise: Promise<unknown>): Promise<{ ms: number; error: unknown }> {
  const startedAt = performance.now()
  const error = await promise.then(
    () => expect.fail('was answered'),
    (reason: unknown) => reason,
  )
  return { ms: performance.now() - startedAt, error }
}

test('shows its name to an operator', async () => {
  await open(connectCommands(config(), { onError }))
  expect(await server.redis.client('LIST')).toContain('name=under-test')
})

test('fails at once while Redis is away, queues nothing, and recovers by itself', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  proxy.set('cut')
  await until('the connection is lost', () => redis.status !== 'ready')
  const tries = Array.from({ length: 20 }, () => rejection(redis.incr('counter')))
  for (const { ms, error } of await Promise.all(tries)) {
    expect(ms).toBeLessThan(500)
    expect(isRedisUnavailable(error)).toBe(true)
  }
  proxy.set('pass')
  await untilReady(redis)
  expect(await redis.get('counter')).toBeNull()
})

test('fails within 3 s in a black hole, and gives nobody another’s answer afterwards', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  await redis.mset('a', '1', 'b', '2')
  proxy.set('black-hole')
  const { ms, error } = await rejection(redis.get('a'))
  expect(ms).toBeGreaterThan(2_900)
  expect(ms).toBeLessThan(4_000)
  expect(isRedisUnavailable(error)).toBe(true)
  proxy.set('pass')
  const answer = () =>
    redis.get('b').then(
      (text) => text,
      () => undefined,
    )
  await until('an answer', async () => (await answer()) !== undefined)
  expect(await redis.get('b')).toBe('2')
})

test('never sends a command twice when its reply is lost', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  proxy.set('drop-replies')
  const lost = rejection(redis.incr('counter'))
  await until('the reply is lost', () => proxy.droppedBytes() > 0)
  proxy.set('pass')
  expect(isRedisUnavailable((await lost).error)).toBe(true)
  await untilReady(redis)
  expect(await redis.get('counter')).toBe('1')
})

test('tells of trouble through onError and does not throw it', async () => {
  const errors: Error[] = []
  const redis = connectCommands(
    { url: `redis://127.0.0.1:${await freePort()}`, name: 'nobody' },
    { onError: (error) => errors.push(error) },
  )
  opened.push(redis)
  await until('the trouble is told', () => errors.length > 0)
  expect(errors[0]?.message).toContain('ECONNREFUSED')
})

test('connects anew after READONLY, so that a failover does not leave it on the old primary', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  const before = await redis.client('ID')
  await server.redis.replicaof('127.0.0.1', await freePort())
  const { error } = await rejection(redis.set('k', 'v'))
  expect(String(error)).toContain('READONLY')
  expect(isRedisUnavailable(error)).toBe(true)
  await server.redis.replicaof('NO', 'ONE')
  const written = () =>
    redis.set('k', 'v').then(
      () => true,
      () => false,
    )
  await until('it writes again', written)
  expect(await redis.client('ID')).not.toBe(before)
})

test('keeps its connection after an error that is the command’s own', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  const before = await redis.client('ID')
  await redis.set('text', 'x')
  await expect(redis.incr('text')).rejects.toThrow('not an integer')
  expect(await redis.client('ID')).toBe(before)
})

test('a reader waits its BLOCK time and notices a silent peer soon after it', async () => {
  const redis = await open(connectReader(config(), 200, { onError }))
  expect(await redis.xread('BLOCK', 200, 'STREAMS', 'empty', '0')).toBeNull()
  proxy.set('black-hole')
  const { ms } = await rejection(redis.xread('BLOCK', 200, 'STREAMS', 'empty', '0'))
  expect(ms).toBeLessThan(4_500)
})

test('a subscriber hears again after its connection was lost', async () => {
  const redis = await open(connectSubscriber(config(), { onError }))
  const heard: string[] = []
  redis.on('message', (_channel, text) => heard.push(text))
  await redis.subscribe('news')
  proxy.cutOpen()
  await until('it is subscribed again', async () => {
    await server.redis.publish('news', 'hello')
    return heard.includes('hello')
  })
})

test('is ready at once when it was ready before', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  await untilReady(redis, 0)
})

test('says what to look at when Redis is not there in time, and leaves no listener behind', async () => {
  const redis = connectCommands({ url: 'redis://127.0.0.1:1', name: 'nobody' }, { onError })
  opened.push(redis)
  await expect(untilReady(redis, 50)).rejects.toThrow(
    'Redis was not ready within 50 ms; is it running at the configured REDIS_URL?',
  )
  expect(redis.listenerCount('ready')).toBe(0)
})

test('disconnects in any state, also twice', async () => {
  const redis = await open(connectCommands(config(), { onError }))
  const nowhere = connectCommands({ url: 'redis://127.0.0.1:1', name: 'nobody' }, { onError })
  disconnect(redis, nowhere)
  disconnect(redis, nowhere)
  await until('both ended', () => redis.status === 'end' && nowhere.status === 'end')
})
