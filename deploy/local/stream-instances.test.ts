import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEventBus, type EventBus } from '#lib/bus/event-bus.ts'
import { EventConnection } from '#lib/client/event-connection.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import { type Child, startChild } from '#lib/processes/child.ts'
import { freePort } from '#lib/processes/free-port.ts'
import { until, untilAnswers } from '#lib/processes/wait.ts'
import { disconnect } from '#lib/redis/connect.ts'
import { openTestGround, signInTestUser, type TestSession, testSecrets } from '#lib/testing/ground.ts'
import { lavishRates } from '#lib/testing/lavish-rates.ts'
import { onePartition } from '#lib/testing/one-partition.ts'
import { startTestRedis, type TestRedis } from '#lib/testing/redis.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Two real stream-sse processes behind the real gateway. */
interface Instance {
  readonly url: string
  child: Child
}

let redis: TestRedis
let ground: ServiceGround
let bus: EventBus
let session: TestSession
let instances: Instance[]
let gateway: Child
let url: string
let tests = 0

const run = (script: string, env: Record<string, string>) =>
  startChild(`${root}node_modules/.bin/bun`, [`${root}${script}`], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TZ: 'UTC', ...env },
  })
const startInstance = async (port: number): Promise<Child> => {
  const child = run('services/stream-sse/server.ts', {
    PORT: String(port),
    HOST: '127.0.0.1',
    REDIS_URL: redis.url,
    PHI_KEY: testSecrets.PHI_KEY.toString('base64'),
    AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64'),
    LOG_LEVEL: 'silent',
    // Places of an instance that was killed lapse only after a while.
    STREAMS_PER_USER_MAX: '100',
    ...lavishRates,
  })
  await untilAnswers(`http://127.0.0.1:${port}/readyz`)
  return child
}

beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('test', redis)
  bus = createEventBus({ ...ground, partitions: onePartition })
})
afterAll(async () => {
  disconnect(ground.redis)
  await redis.stop()
})
beforeEach(async () => {
  tests += 1
  session = await signInTestUser(ground, { roles: ['operator'], practiceId: `clinic-${tests}` })
  instances = await Promise.all(
    [await freePort(), await freePort()].map(async (port) => ({
      url: `http://127.0.0.1:${port}`,
      child: await startInstance(port),
    })),
  )
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  gateway = run('deploy/local/gateway.ts', {
    PORT: String(port),
    AUTH_SESSION_URL: 'http://127.0.0.1:1',
    TEBRA_PROXY_WORKER_URL: 'http://127.0.0.1:1',
    STREAM_SSE_URL: instances.map((one) => one.url).join(','),
  })
  await untilAnswers(`${url}/events/openapi.json`)
})
afterEach(() =>
  Promise.all([gateway, ...instances.map(({ child }) => child)].map((child) => child.end('SIGKILL'))),
)

/** A client through the gateway: the numbers it was told, in their order, and each gap. */
function connect() {
  const told: number[] = []
  const gaps: string[] = []
  const events = new EventConnection({
    url: `${url}/events`,
    streams: ['agent_updates'],
    headers: session.headers,
    backOff: { baseMs: 20, capMs: 200 },
  })
  events.onEvent((event) => {
    if (event.stream === 'agent_updates') told.push(Number(event.data.data.n))
  })
  events.onResync((reason) => gaps.push(reason))
  events.open()
  const isLive = () => events.state.kind === 'open' && events.state.isReady
  return { told, gaps, isLive, close: () => events.close() }
}

/** Publishes numbers one after another until stopped; answers how many. */
function startPublishing() {
  let on = true
  const published = (async () => {
    let n = 0
    for (; on; n += 1) {
      await bus.append({ practiceId: session.practiceId, stream: 'agent_updates', event: 'n', data: { n } })
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return n
  })()
  return {
    stop() {
      on = false
      return published
    },
  }
}
const streamsOf = async ({ url: at }: Instance) =>
  Number(/sse_streams_open\{[^}]*\} (\d+)/.exec(await (await fetch(`${at}/metrics`)).text())?.[1])

/** Ends each instance in turn and starts it anew, while clients listen; no instance is left out. */
async function roll(signal: NodeJS.Signals): Promise<void> {
  const clients = Array.from({ length: 10 }, connect)
  await until('all are live', () => clients.every(({ isLive }) => isLive()))
  for (const instance of instances) expect(await streamsOf(instance)).toBeGreaterThan(0)
  const publishing = startPublishing()
  await until('all hear', () => clients.every(({ told }) => told.length > 5))
  for (const instance of instances) {
    await instance.child.end(signal)
    await until('all hear on', () => clients.every(({ isLive }) => isLive()), 20_000)
    instance.child = await startInstance(Number(new URL(instance.url).port))
  }
  const count = await publishing.stop()
  const all = Array.from({ length: count }, (_, n) => n)
  for (const { told, gaps, close } of clients) {
    await until('all have come', () => told.at(-1) === count - 1)
    expect([told, gaps]).toEqual([all, []])
    close()
  }
}

test('a rolling restart under load loses no event, doubles none, and every client goes on elsewhere', async () => {
  await roll('SIGTERM')
}, 60_000)

test('instances that are killed without a word lose and double nothing either', async () => {
  await roll('SIGKILL')
}, 60_000)

test('an instance that is told to end says goodbye and is gone within 8 s', async () => {
  const client = connect()
  await until('it is live', () => client.isLive())
  const startedAt = Date.now()
  await Promise.all(instances.map(({ child }) => child.end('SIGTERM')))
  expect(Date.now() - startedAt).toBeLessThan(8_000)
  expect(await Promise.all(instances.map(({ child }) => child.exited))).toEqual([0, 0])
  client.close()
})

test('who listens on any instance is seen from each', async () => {
  const clients = Array.from({ length: 4 }, connect)
  await until('all are live', () => clients.every(({ isLive }) => isLive()))
  for (const instance of instances) {
    const answer = await fetch(`${instance.url}/events/status`, { headers: session.headers })
    const { practice } = (await answer.json()) as { practice: { streams: number } }
    expect(practice.streams).toBe(4)
  }
  for (const { close } of clients) close()
})
