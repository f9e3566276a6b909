import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '#lib/processes/wait.ts'
import { queueKeys } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { type Simulator, type StartedProxy, startProxy, startSimulator } from '../testing/proxy.ts'
import { appointment } from '../testing/work-by-hand.ts'

let primary: TestRedis
let replica: TestRedis
let simulator: Simulator
let opened: StartedProxy[]

beforeEach(async () => {
  primary = await startTestRedis()
  replica = await startTestRedis({
    replicaof: `127.0.0.1 ${primary.server().port}`,
    'repl-diskless-sync-delay': '0',
  })
  simulator = startSimulator()
  await simulator.control('limits', { scale: 0 })
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((proxy) => proxy.close()))
  await simulator.stop()
  await Promise.all([primary.stop(), replica.stop()])
})

const start = async (redis: TestRedis, env: Record<string, string>): Promise<StartedProxy> => {
  const proxy = await startProxy(redis, simulator, env)
  opened.push(proxy)
  return proxy
}
const writesSent = async () => (await simulator.counts()).byOperation.CreateAppointment ?? 0

/**
 * A failover to a replica that stopped following before the worker wrote its intent down: the old primary works on for
 * a while, then it is gone, and the new one knows of no attempt.
 */
async function failOverBehindTheIntent(durability: 'memory' | 'replica'): Promise<number> {
  const intake = await start(primary, { ROLE: 'intake' })
  const { id } = await intake.submit('createAppointment', appointment)
  await until('the replica has it', async () => (await replica.redis.exists(queueKeys.request(id))) === 1)
  await replica.redis.replicaof('NO', 'ONE')
  await start(primary, { ROLE: 'worker', DURABILITY: durability })
  await until('the worker has sent it, or has seen that it may not', async () => {
    const { timeline, status } = await intake.ended(id, 0)
    return status === 'success' || timeline.some(({ reason }) => reason === 'not-durable')
  })
  await primary.server().child.end('SIGKILL')
  const after = await start(replica, {})
  await until(
    'it has ended',
    async () => (await replica.redis.hget(queueKeys.request(id), 'status')) === 'success',
  )
  await after.close()
  return writesSent()
}

test('a write whose intent is confirmed first is sent once, whatever a failover forgets', async () => {
  expect(await failOverBehindTheIntent('replica')).toBe(1)
}, 40_000)

test('without the confirmation the same failover sends it twice: that is what the wait is for', async () => {
  expect(await failOverBehindTheIntent('memory')).toBe(2)
}, 40_000)
