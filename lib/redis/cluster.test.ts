import { Cluster } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { startTestCluster, type TestCluster } from '#lib/testing/cluster.ts'
import { connectCommands, connectReader, connectSubscriber, disconnect, untilReady } from './connect.ts'
import { redisHealth, takesWrites } from './health.ts'
import { loadScript } from './script.ts'
import { isRedisUnavailable } from './unavailable.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const opened: ReturnType<typeof connectCommands>[] = []
afterEach(() => disconnect(...opened.splice(0)))
const onError = () => {}
const config = (name: string) => ({ url: cluster.url, topology: 'cluster' as const, name })
async function commands() {
  const redis = connectCommands(config('under-test'), { onError })
  opened.push(redis)
  await untilReady(redis)
  return redis
}
/** A tag for each master. */
const tags = ['{a}', '{b}', '{c}', '{d}', '{e}']

test('takes a burst of commands for every master as soon as it is ready', async () => {
  const redis = await commands()
  const keys = Array.from({ length: 200 }, (_, n) => `${tags[n % tags.length]}:${n}`)
  await Promise.all(keys.map((key) => redis.set(key, key)))
  expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(keys)
  const sizes = await Promise.all(cluster.nodes.map((node) => node.redis.dbsize()))
  expect(sizes.every((size) => size > 0)).toBe(true)
})

test('runs a script on the master that has its keys, also where it is not known yet', async () => {
  const check = loadScript<string>(new URL('../http/check-session.lua', import.meta.url), {
    readOnly: true,
    prelude: ['clock', 'read-session'].map((name) => new URL(`../http/${name}.lua`, import.meta.url)),
  })
  const redis = await commands()
  for (const tag of tags) expect(await check(redis, [`${tag}:s`], [`${tag}:`])).toBeNull()
})

test('follows a slot that moves to another master while it writes, and writes each value once', async () => {
  const redis = await commands()
  const from = await cluster.nodeOf('{moving}:n')
  const to = cluster.nodes.find((node) => node !== from)
  if (!to) throw new Error('no other master')
  let moved = false
  const moving = cluster.moveSlotOf('{moving}:n', to).then(() => {
    moved = true
  })
  let written = 0
  while (!moved || written < 300) written = await redis.incr('{moving}:n')
  await moving
  expect(await redis.get('{moving}:n')).toBe(String(written))
  expect(await cluster.nodeOf('{moving}:n')).toBe(to)
})

test('a subscriber hears what was published anywhere, also after the node it listened to was lost', async () => {
  const subscriber = connectSubscriber(config('listener'), { onError })
  opened.push(subscriber)
  await untilReady(subscriber)
  const heard = new Set<string>()
  subscriber.on('message', (_channel: string, text: string) => heard.add(text))
  await subscriber.subscribe('news')
  for (const [index, node] of cluster.nodes.entries()) await node.redis.publish('news', `from ${index}`)
  await until('all were heard', () => heard.size === cluster.nodes.length)

  for (const node of cluster.nodes) await node.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until('it hears again', async () => {
    await cluster.nodes[0]?.redis.publish('news', 'again')
    return heard.has('again')
  })
})

test('a blocking reader gets what is appended, and an idle one waits its time', async () => {
  const reader = connectReader(config('reader'), 300, { onError })
  const redis = await commands()
  opened.push(reader)
  await untilReady(reader)
  const read = () => reader.xread('BLOCK', 300, 'STREAMS', '{a}:stream', '{a}:other', '0', '0')
  expect(await read()).toBeNull()
  const reading = read()
  await redis.xadd('{a}:stream', '*', 'k', 'v')
  expect((await reading)?.[0]?.[0]).toBe('{a}:stream')
})

test('health counts all masters, and tells when one is lost; commands for it fail fast and others go on', async () => {
  const redis = await commands()
  expect(await redisHealth(redis)).toMatchObject({ status: 'healthy' })
  expect(await takesWrites(redis)).toBe(true)
  const lost = await cluster.nodeOf('{a}:k')
  await lost.kill()
  const startedAt = performance.now()
  const error = await redis.set('{a}:k', 'v').catch((reason: unknown) => reason)
  expect(performance.now() - startedAt).toBeLessThan(4_000)
  expect(isRedisUnavailable(error)).toBe(true)
  expect(await takesWrites(redis).catch(() => false)).toBe(false)
  expect(await redisHealth(redis)).toMatchObject({ status: 'unhealthy' })

  await lost.start()
  const writes = () => redis.set('{a}:k', 'v').then(Boolean, () => false)
  await until('it writes again', writes)
  await until('it is well again', () => takesWrites(redis).catch(() => false))
  expect(redis).toBeInstanceOf(Cluster)
}, 40_000)

test('comes back after all masters were away', async () => {
  const redis = await commands()
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  await until('it notices', () =>
    redis.set('{a}:k', 'v').then(
      () => false,
      () => true,
    ),
  )
  await Promise.all(cluster.nodes.map((node) => node.start()))
  await until('it writes again', () => redis.set('{a}:k', 'v').then(Boolean, () => false), 20_000)
  await until('it is well again', () => takesWrites(redis).catch(() => false))
}, 60_000)
