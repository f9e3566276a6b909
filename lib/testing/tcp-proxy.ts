import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What the wire does. `drop-replies`: requests arrive, replies are lost. `black-hole`: nothing moves, nothing is
 * refused. `cut`: connections are closed and new ones too.
 */
export type ProxyMode = 'pass' | 'drop-replies' | 'black-hole' | 'cut'

export interface TcpProxy {
  readonly port: number
  /** Bytes of replies that were lost since the start. */
  readonly droppedBytes: () => number
  /** Bytes that arrived at the target since the start. */
  readonly passedBytes: () => number
  set(mode: ProxyMode): void
  /** From now on each reply arrives this much later, in its order; 0 is at once. */
  delay(ms: number): void
  /** Closes the connections that are open now; new ones follow the mode. */
  cutOpen(): void
  stop(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly target: Socket
  lost: boolean
  /** Replies that are still on their way. */
  sent: Promise<void>
}

/**
 * A TCP proxy in front of a local port, whose wire a test breaks. As on a real wire, what a black hole holds back
 * arrives afterwards; a connection that lost replies is closed when the mode changes, for its bytes no longer match.
 */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let mode: ProxyMode = 'pass'
  let delayMs = 0
  let droppedBytes = 0
  let passedBytes = 0

  const end = (pair: Pair) => {
    pairs.delete(pair)
    pair.client.destroy()
    pair.target.destroy()
  }
  const settle = (pair: Pair) => {
    if (mode === 'cut' || pair.lost) return end(pair)
    for (const socket of [pair.client, pair.target]) {
      if (mode === 'black-hole') socket.pause()
      else socket.resume()
    }
  }

  const reply = (pair: Pair, bytes: Buffer): void => {
    const dueAt = performance.now() + delayMs
    pair.sent = pair.sent.then(async () => {
      const waitMs = dueAt - performance.now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      if (!pair.client.destroyed) pair.client.write(bytes)
    })
  }

  const server = createServer((client) => {
    const pair: Pair = {
      client,
      target: connect(targetPort, '127.0.0.1'),
      lost: false,
      sent: Promise.resolve(),
    }
    pairs.add(pair)
    for (const socket of [pair.client, pair.target])
      socket.on('error', () => end(pair)).on('close', () => end(pair))
    client.on('data', (bytes) => {
      passedBytes += bytes.length
      pair.target.write(bytes)
    })
    pair.target.on('data', (bytes: Buffer) => {
      if (mode === 'drop-replies') {
        droppedBytes += bytes.length
        pair.lost = true
      } else reply(pair, bytes)
    })
    settle(pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    droppedBytes: () => droppedBytes,
    passedBytes: () => passedBytes,
    set(next) {
      mode = next
      for (const pair of pairs) settle(pair)
    },
    delay(ms) {
      delayMs = ms
    },
    cutOpen() {
      for (const pair of pairs) end(pair)
    },
    stop() {
      for (const pair of pairs) end(pair)
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
