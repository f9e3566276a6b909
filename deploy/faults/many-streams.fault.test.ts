import { readdir, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEventBus } from '#lib/bus/event-bus.ts'
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
const perRound = 1_000
const rounds = 10

let redis: TestRedis
let ground: ServiceGround
let session: TestSession
let port: number
let child: Child
const lines: string[] = []
beforeAll(async () => {
  redis = await startTestRedis()
  ground = await openTestGround('test', redis)
  session = await signInTestUser(ground, { roles: ['operator'] })
  port = await freePort()
  child = startChild(
    `${root}node_modules/.bin/bun`,
    ['--preload', `${root}deploy/faults/testing/collect-garbage.ts`, `${root}services/stream-sse/server.ts`],
    {
      cwd: root,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '',
        TZ: 'UTC',
        PORT: String(port),
        HOST: '127.0.0.1',
        REDIS_URL: redis.url,
        PHI_KEY: testSecrets.PHI_KEY.toString('base64'),
        AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64'),
        LOG_LEVEL: 'silent',
        STREAMS_MAX: '5000',
        STREAMS_PER_USER_MAX: '5000',
        STREAMS_PER_PRACTICE_MAX: '5000',
        KEEP_ALIVE_MS: '1000',
        ...lavishRates,
      },
    },
  )
  child.onLine((line) => lines.push(line))
  await untilAnswers(`http://127.0.0.1:${port}/readyz`)
})
afterAll(async () => {
  await child.end()
  disconnect(ground.redis)
  await redis.stop()
})

interface Client {
  readonly socket: Socket
  heard: string
}

function dial(): Client {
  const socket = connect(port, '127.0.0.1')
  const client: Client = { socket, heard: '' }
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    client.heard += bytes.toString('latin1')
  })
  socket.write(
    `GET /events?streams=agent_updates HTTP/1.1\r\nHost: x\r\nAuthorization: ${session.headers.Authorization}\r\n\r\n`,
  )
  return client
}

const isRefused = ({ socket, heard }: Client) => socket.closed || heard.startsWith('HTTP/1.1 503')

/** Whoever is refused, or let go at once, because the machine is too busy for Redis to answer in time, comes back. */
async function open(count: number): Promise<Client[]> {
  const clients = Array.from({ length: count }, dial)
  await until(
    'all are live',
    async () => {
      for (const [index, client] of clients.entries())
        if (isRefused(client)) {
          client.socket.destroy()
          clients[index] = dial()
        }
      return clients.every(({ heard }) => heard.includes('event: ready')) && (await streams()) === count
    },
    60_000,
  )
  return clients
}

const streams = async () =>
  Number(
    /sse_streams_open\{[^}]*\} (\d+)/.exec(
      await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    )?.[1],
  )
const descriptors = async () => (await readdir(`/proc/${child.process.pid}/fd`)).length
interface Held {
  readonly heldObjects: number
  readonly heldBytes: number
  readonly residentBytes: number
}
/** What the process holds once garbage is collected, which nothing but time would do by itself. */
async function heldNow(): Promise<Held> {
  const before = lines.length
  child.process.kill('SIGUSR2')
  const told = () => lines.slice(before).find((line) => line.includes('heldObjects'))
  await until('it is told', () => told() !== undefined)
  const status = await readFile(`/proc/${child.process.pid}/status`, 'utf8')
  const residentBytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024
  return { ...JSON.parse(told() ?? ''), residentBytes }
}

/** How clients go: politely, by a reset, after closing only their own side, and without reading a byte any more. */
const leaves: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  (socket) => socket.pause().end(),
]

test('thousands of connections come and go, and leave neither memory nor sockets behind', async () => {
  const bus = createEventBus({ ...ground, partitions: onePartition })
  const before = await descriptors()
  const held: Held[] = []
  for (let round = 0; round < rounds; round += 1) {
    const clients = await open(perRound)
    const { practiceId } = session
    await bus.append({ practiceId, stream: 'agent_updates', event: 'round', data: { round } })
    const told = `"data":{"round":${round}}`
    await until('each is told', () => clients.every(({ heard }) => heard.includes(told)), 30_000)
    for (const [index, { socket }] of clients.entries()) leaves[index % leaves.length]?.(socket)
    await until('all are let go', async () => (await streams()) === 0, 30_000)
    for (const { socket } of clients) socket.destroy()
    await until('their sockets are closed', async () => (await descriptors()) <= before + 5, 30_000)
    held.push(await heldNow())
  }
  // One object left behind by each stream, or half a kilobyte, would be twice as much.
  const [warm, last] = [held[2], held.at(-1)]
  const grown = (of: keyof Held) => (last?.[of] ?? Number.NaN) - (warm?.[of] ?? Number.NaN)
  const streamsSince = (rounds - 3) * perRound
  expect(grown('heldObjects'), JSON.stringify(held)).toBeLessThan(streamsSince / 2)
  expect(grown('heldBytes'), JSON.stringify(held)).toBeLessThan(streamsSince * 256)
  // Outside the heap allocators keep some pages from one round to the next.
  const resident = held.map(({ residentBytes }) => residentBytes)
  const first = Math.max(...resident.slice(0, rounds / 2))
  expect(Math.min(...resident.slice(rounds / 2)), JSON.stringify(held)).toBeLessThan(first + 4e6)
})
