import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, startProxy, startSimulator } from './testing/proxy.ts'

let redis: TestRedis
let simulator: Simulator
beforeAll(async () => {
  redis = await startTestRedis({ appendfsync: 'always' })
  simulator = startSimulator()
})
afterAll(async () => {
  await simulator.stop()
  await redis.stop()
})

test('production promises no 202 that only memory keeps', async () => {
  await expect(startProxy(redis, simulator, { ENVIRONMENT: 'production' })).rejects.toThrow(
    'DURABILITY=memory is unfit for production',
  )
  const proxy = await startProxy(redis, simulator, { ENVIRONMENT: 'production', DURABILITY: 'aof' })
  expect((await proxy.ended((await proxy.submit('getPractices')).id)).status).toBe('success')
  await proxy.close()
}, 30_000)
