import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Alert } from '#lib/contract/alerts.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { until } from '#lib/processes/wait.ts'
import { fleetKeys } from '#lib/redis/keys.ts'
import { onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'
import { createAlertBook } from './alert-book.ts'
import { type AlertSink, createLogSink, createWebhookSink } from './alert-sinks.ts'
import { startWatch } from './start-watch.ts'

let redis: TestRedis
let stops: (() => Promise<void>)[]
let lines: Record<string, unknown>[]
let received: { alert: Alert; key: string | null }[]
let answers: number[]
let server: ReturnType<typeof Bun.serve>

beforeAll(async () => {
  redis = await startTestRedis()
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      received.push({
        alert: Alert.parse(await request.json()),
        key: request.headers.get('Idempotency-Key'),
      })
      return new Response('', { status: answers.shift() ?? 204 })
    },
  })
})
afterAll(async () => {
  await server.stop(true)
  await redis.stop()
})
beforeEach(async () => {
  await redis.redis.flushall()
  stops = []
  lines = []
  received = []
  answers = []
})
afterEach(() => Promise.all(stops.map((stop) => stop())))

const logger = createLogger(
  { service: 'test', version: 'test', level: 'info' },
  { write: (line) => lines.push(JSON.parse(line)) },
)
const webhook = () => createWebhookSink({ url: `http://127.0.0.1:${server.port}/alerts`, logger, fetch })
const watch = (name: string, sinks: readonly AlertSink[]) => {
  const watching = startWatch({
    redis: redis.redis,
    partitions: onePartition,
    book: createAlertBook(redis),
    logger,
    sinks,
    practices: [],
    name,
    leaseMs: 200,
    thresholds: { queueAgeMs: 1e9, queueDepth: 1e9, queueBytesMax: 1e9, stalledMs: 1e9 },
  })
  stops.push(watching.stop)
  return watching
}
const tell = (subject: string, stands: boolean) =>
  createAlertBook(redis).tell([
    { kind: 'credentials', subject, practiceId: subject, reason: 'refused', stands },
  ])
const told = () => received.map(({ alert }) => `${alert.subject} ${alert.phase}`)

test('each alert is one line: ERROR when it starts, INFO when it ends, from one process of many', async () => {
  for (const name of ['a', 'b', 'c']) watch(name, [createLogSink(logger)])
  await tell('clinic', true)
  await tell('clinic', false)
  await until('both are told', () => lines.filter(({ alert }) => alert).length === 2)
  expect(lines.filter(({ alert }) => alert)).toMatchObject([
    { severity: 'ERROR', message: 'alert', alert: { kind: 'credentials', phase: 'started' } },
    { severity: 'INFO', message: 'alert ended', alert: { kind: 'credentials', phase: 'ended' } },
  ])
})

test('a webhook that fails is tried again until it takes the alert, in order, under the same key', async () => {
  answers = [500, 503, 429]
  watch('a', [webhook()])
  await tell('one', true)
  await tell('two', true)
  await until('both have come', () => told().includes('two started'), 15_000)
  expect(told()).toEqual([...Array.from({ length: 4 }, () => 'one started'), 'two started'])
  expect(new Set(received.slice(0, 4).map(({ key }) => key)).size).toBe(1)
})

test('an alert that the webhook refuses for good does not hold up the next', async () => {
  answers = [400]
  watch('a', [webhook()])
  await tell('one', true)
  await tell('two', true)
  await until('the next has come', () => told().length === 2)
  expect(told()).toEqual(['one started', 'two started'])
  expect(lines).toContainEqual(expect.objectContaining({ status: 400, severity: 'ERROR' }))
})

test('a webhook that hangs keeps neither the log nor the end of the process waiting', async () => {
  const hangs: AlertSink = { name: 'webhook', tell: () => new Promise(() => {}) }
  const watching = watch('a', [hangs, createLogSink(logger)])
  await tell('one', true)
  await tell('two', true)
  await until('the log has both', () => lines.filter(({ alert }) => alert).length === 2)
  await watching.stop()
})

test('the next watch goes on where the last one was, and tells nothing twice', async () => {
  const first = watch('first', [webhook()])
  await tell('one', true)
  await until('it has come', async () => (await redis.redis.hexists(fleetKeys.alertsTold, 'webhook')) === 1)
  await first.stop()
  await tell('two', true)
  watch('second', [webhook()])
  await until('the next has come', () => told().includes('two started'))
  expect(told()).toEqual(['one started', 'two started'])
})

test('nothing but ids, times and words of ours leaves the house', async () => {
  watch('a', [webhook()])
  await tell('clinic', true)
  await until('it has come', () => received.length === 1)
  expect(Object.keys(received[0]?.alert ?? {}).sort()).toEqual(
    ['at', 'id', 'kind', 'phase', 'practiceId', 'reason', 'since', 'subject'].sort(),
  )
})
