/**
 * The load generator: many event streams on raw sockets, in a process of its own, the same for all sides. It numbers
 * nothing itself: what is lost or doubled shows in the numbers that the publisher gave. SIGUSR2 asks for the result.
 */
import { readFileSync } from 'node:fs'
import { readInput } from '../harness/run-program.ts'
import { percentile } from '../harness/statistics.ts'
import { Asked } from '../session/seed-input.ts'
import { createFrameReader } from './frame-reader.ts'
import { type Heard, ListenInput } from './listen-input.ts'
import { now, tagIn } from './tag.ts'

const input = readInput(ListenInput)
const asked = input.file === undefined ? [] : Asked.parse(JSON.parse(readFileSync(input.file, 'utf8')))
const say = (what: object): void => console.log(JSON.stringify(what))

/** Events with a lower number warm up: they are followed, but not timed. */
const warmUp = 50
const latencies: number[] = []
let [deliveries, lost, doubled, resyncs] = [0, 0, 0, 0]
let firstAt: number | undefined
let cpuFrom = process.cpuUsage()

interface Client {
  readonly header: string
  cursor: string | undefined
  seen: number
  socket: { terminate(): void; pause(): void } | undefined
  /** Goes up with each connection, so that bytes of the one before are not heard any more. */
  turn: number
}
const clients: Client[] = Array.from({ length: input.connections }, (_, index) => ({
  header: asked[index % asked.length]?.[0] ?? '',
  cursor: undefined,
  seen: 0,
  socket: undefined,
  turn: 0,
}))

function heard(client: Client, frame: string): void {
  if (frame.startsWith('id: ')) {
    const end = frame.indexOf('\n')
    client.cursor = frame.slice(4, end < 0 ? undefined : end)
  }
  if (frame.includes('event: resync')) resyncs += 1
  const tag = tagIn(frame)
  if (!tag) return
  if (tag.seq <= client.seen) {
    doubled += 1
    return
  }
  lost += tag.seq - client.seen - 1
  client.seen = tag.seq
  if (firstAt === undefined) {
    firstAt = performance.now()
    cpuFrom = process.cpuUsage()
  }
  if (tag.seq <= warmUp) return
  deliveries += 1
  latencies.push(now() - tag.at)
}

async function connect(client: Client): Promise<void> {
  client.turn += 1
  const { turn } = client
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const read = createFrameReader({
    head(head) {
      if (head.startsWith('HTTP/1.1 200')) resolve()
      else reject(new Error(`a stream was answered ${head}`))
    },
    frame: (frame) => heard(client, frame),
  })
  await Bun.connect({
    hostname: '127.0.0.1',
    port: input.port,
    socket: {
      open(socket) {
        client.socket = socket
        const lines = [client.header, client.cursor === undefined ? '' : `Last-Event-ID: ${client.cursor}`]
        const headers = lines.filter(Boolean).map((line) => `${line}\r\n`)
        socket.write(
          `GET ${input.path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${headers.join('')}\r\n`,
        )
      },
      data(_, bytes) {
        if (turn === client.turn) read(bytes.toString('latin1'))
      },
    },
  })
  await ready
  if (input.stalled) client.socket?.pause()
}

process.once('SIGUSR2', () => {
  const newest = Math.max(...clients.map(({ seen }) => seen))
  lost += clients.reduce((sum, { seen }) => sum + newest - seen, 0)
  const { user, system } = process.cpuUsage(cpuFrom)
  const result: Heard = {
    deliveries,
    latencies:
      latencies.length === 0
        ? { p50: 0, p99: 0, max: 0 }
        : {
            p50: percentile(latencies, 0.5),
            p99: percentile(latencies, 0.99),
            max: percentile(latencies, 1),
          },
    lost: input.stalled ? 0 : lost,
    doubled,
    resyncs,
    cpuShare: (user + system) / 1_000 / (performance.now() - (firstAt ?? 0)),
  }
  say(result)
  process.exit(0)
})

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** A few at a time, as a listen queue takes them. */
for (let from = 0; from < clients.length; from += 50) {
  await Promise.all(clients.slice(from, from + 50).map(connect))
}
say({ milestone: 'open' })

if (input.reconnects > 0) {
  // The publisher has begun and every client has a cursor.
  while (clients.some(({ seen }) => seen === 0)) await wait(10)
  for (let made = 0; made < input.reconnects; made++) {
    const client = clients[Math.floor(Math.random() * clients.length)]
    if (!client) continue
    client.socket?.terminate()
    await Promise.all([connect(client), wait(1_000 / input.reconnectsPerSecond)])
  }
  say({ milestone: 'reconnected' })
}
