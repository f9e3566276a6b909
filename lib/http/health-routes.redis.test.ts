import { afterAll, beforeAll, expect, test } from 'vitest'
import { HealthAnswer, ReadyAnswer, RedisHealth } from '#lib/contract/health.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { until } from '#lib/processes/wait.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { startTcpProxy } from '#lib/testing/tcp-proxy.ts'
import { addHealthRoutes, type ReadinessChecks } from './health-routes.ts'
import { createTinyService } from './testing/tiny-service.ts'

let server: TestRedis
beforeAll(async () => {
  server = await startTestRedis()
})
afterAll(() => server.stop())

const lines: Record<string, unknown>[] = []
const logger = createLogger(
  { service: 'tiny', version: '1.2.3', level: 'info' },
  { write: (line) => lines.push(JSON.parse(line)) },
)

function serviceWith(checks: ReadinessChecks, redis = server.redis) {
  const { app, metrics } = createTinyService()
  addHealthRoutes(app, { service: 'tiny', version: '1.2.3', redis, metrics, logger, checks })
  return app
}

test('says that the process lives, whatever else is broken', async () => {
  const answer = await serviceWith({ loop: () => false }).request('/healthz')
  expect(answer.status).toBe(200)
  expect(HealthAnswer.parse(await answer.json())).toEqual({
    status: 'ok',
    service: 'tiny',
    version: '1.2.3',
  })
})

test('is ready when every check passes', async () => {
  const answer = await serviceWith({ loop: () => true, store: async () => true }).request('/readyz')
  expect(answer.status).toBe(200)
  expect(ReadyAnswer.parse(await answer.json())).toEqual({
    status: 'ready',
    checks: { loop: 'ok', store: 'ok' },
  })
})

test.each<[string, () => boolean | Promise<boolean>]>([
  ['says no', () => false],
  ['rejects', () => Promise.reject(new Error('away'))],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
  ],
])('is not ready when a check %s, and names it', async (_what, check) => {
  const answer = await serviceWith({ loop: () => true, store: check }).request('/readyz')
  expect(answer.status).toBe(503)
  expect(ReadyAnswer.parse(await answer.json())).toEqual({
    status: 'not-ready',
    checks: { loop: 'ok', store: 'failing' },
  })
})

test('logs a change of readiness once, with what fails', async () => {
  lines.length = 0
  const working = { loop: true, store: true }
  const app = serviceWith({ loop: () => working.loop, store: () => working.store })
  for (const [loop, store] of [
    [false, true],
    [false, true],
    [false, false],
    [true, true],
    [true, true],
  ] as const) {
    Object.assign(working, { loop, store })
    await app.request('/readyz')
  }
  expect(lines.map(({ message, failing }) => [message, failing])).toEqual([
    ['not ready', ['loop']],
    ['not ready', ['loop', 'store']],
    ['ready', undefined],
  ])
})

test('shows a healthy Redis with its latency, clients and memory', async () => {
  const answer = await serviceWith({}).request('/redis-health')
  expect(answer.status).toBe(200)
  const health = RedisHealth.parse(await answer.json())
  expect(health).toMatchObject({ status: 'healthy', ping: 'PONG', connected_clients: 1, max_memory_bytes: 0 })
  if (health.status === 'healthy') expect(health.used_memory_bytes).toBeGreaterThan(100_000)
})

test('shows an unhealthy Redis by the class of the trouble, and a healthy one again', async () => {
  const proxy = await startTcpProxy(server.server().port)
  const redis = connectCommands(
    { url: `redis://127.0.0.1:${proxy.port}`, name: 'tiny' },
    { onError: () => {} },
  )
  await untilReady(redis)
  const app = serviceWith({}, redis)
  proxy.set('cut')
  await until('the connection is lost', () => redis.status !== 'ready')
  const answer = await app.request('/redis-health')
  expect(answer.status).toBe(503)
  expect(RedisHealth.parse(await answer.json())).toEqual({ status: 'unhealthy', type: 'Error' })
  proxy.set('pass')
  await until('healthy again', async () => (await app.request('/redis-health')).status === 200)
  disconnect(redis)
  await proxy.stop()
})

test('serves its figures as Prometheus text', async () => {
  const answer = await serviceWith({}).request('/metrics')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await answer.text()).toContain('process_cpu_seconds_total{service="tiny"}')
})
