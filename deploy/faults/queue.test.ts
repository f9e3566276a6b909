import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy, type TcpProxy } from '#lib/testing/tcp-proxy.ts'
import {
  type Simulator,
  type StartedProxy,
  startProxy,
  startSimulator,
} from '../../services/tebra-proxy-worker/testing/proxy.ts'

let redis: TestRedis
let wire: TcpProxy
let simulator: Simulator
let service: StartedProxy

beforeAll(async () => {
  redis = await startTestRedis()
  wire = await startTcpProxy(redis.server().port)
  simulator = startSimulator()
  await simulator.control('limits', { scale: 0 })
  service = await startProxy({ url: `redis://127.0.0.1:${wire.port}` }, simulator)
})
afterAll(async () => {
  await service.close()
  await simulator.stop()
  await wire.stop()
  await redis.stop()
})
beforeEach(() => until('the service is ready', async () => (await readiness()) === 200))
afterEach(() => wire.set('pass'))

const readiness = async () => (await service.request('/readyz')).status
const post = () => service.post('/tebra/requests', { action: 'getPractices' })
const worksAgain = async () => {
  await until('it takes requests again', async () => (await post()).status === 202)
  const { id } = await service.submit('getPractices')
  expect((await service.ended(id)).status).toBe('success')
}

test('a group that is gone is made anew, and what was queued meanwhile is worked off', async () => {
  await redis.redis.xgroup('DESTROY', queueKeys.requests, 'workers')
  const { id } = await service.submit('getPractices')
  expect((await service.ended(id)).status).toBe('success')
})

test('scripts that are forgotten are sent again, and no caller notices', async () => {
  await redis.redis.script('FLUSH')
  expect((await post()).status).toBe(202)
  await worksAgain()
})

test('a submission whose reply is lost stands in the queue once', async () => {
  const before = await redis.redis.zcard(queueKeys.practiceHistory('test-clinic'))
  const dropped = wire.droppedBytes()
  wire.set('drop-replies')
  const answer = post()
  await until('a reply is lost', () => wire.droppedBytes() > dropped)
  wire.set('pass')
  expect((await answer).status).toBe(503)
  await worksAgain()
  // The submissions that were answered, and at most the one that was not.
  const after = await redis.redis.zcard(queueKeys.practiceHistory('test-clinic'))
  expect(after - before).toBeLessThanOrEqual(3)
})

test('a full Redis is told as not ready and refuses with 503 until it has memory', async () => {
  await redis.redis.config('SET', 'maxmemory', '1mb')
  expect(await readiness()).toBe(503)
  expect((await post()).status).toBe(503)
  await redis.redis.config('SET', 'maxmemory', '0')
  await worksAgain()
})

test('a Redis that has become a replica is told as not ready and refuses with 503', async () => {
  await redis.redis.replicaof('127.0.0.1', 1)
  expect(await readiness()).toBe(503)
  expect((await post()).status).toBe(503)
  await redis.redis.replicaof('NO', 'ONE')
  await worksAgain()
})
