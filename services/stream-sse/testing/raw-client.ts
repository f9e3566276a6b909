import { connect, type Socket } from 'node:net'
import { createSseParser, type ServerSentEvent } from '#lib/client/sse-parser.ts'
import type { TestSession } from '#lib/testing/ground.ts'

/** A client on a socket of its own, which reads when it likes: chunked coding is taken off, frames are kept. */
export interface RawClient {
  readonly socket: Socket
  readonly events: readonly ServerSentEvent[]
  readonly closed: Promise<void>
  status(): number
  lastEventId(): string
  stopReading(): void
  readOn(): void
}

export async function openRaw(
  url: string,
  as: Pick<TestSession, 'headers'>,
  options: { query?: string; lastEventId?: string; reading?: boolean } = {},
): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const events: ServerSentEvent[] = []
  const parser = createSseParser({ onEvent: (event) => events.push(event) })
  let head = ''
  let status = 0
  const dechunk = createDechunk((bytes) => parser.push(bytes))
  socket.on('data', (bytes: Buffer) => {
    if (status > 0) return dechunk(bytes)
    head += bytes.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    status = Number(head.slice(9, 12))
    dechunk(Buffer.from(head.slice(end + 4), 'latin1'))
  })
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  if (options.reading === false) socket.pause()
  const lines = [
    `GET /events${options.query ?? ''} HTTP/1.1`,
    `Host: ${hostname}`,
    ...Object.entries(as.headers).map(([name, value]) => `${name}: ${value}`),
    ...(options.lastEventId === undefined ? [] : [`Last-Event-ID: ${options.lastEventId}`]),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return {
    socket,
    events,
    closed,
    status: () => status,
    lastEventId: () => parser.lastEventId,
    stopReading: () => socket.pause(),
    readOn: () => socket.resume(),
  }
}

/** RFC 9112 §7.1, as far as a server of ours sends it. */
function createDechunk(onBytes: (bytes: Uint8Array) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (;;) {
      const lineEnd = rest.indexOf('\r\n')
      if (lineEnd < 0) return
      const size = Number.parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16)
      if (rest.length < lineEnd + 2 + size + 2) return
      if (size > 0) onBytes(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
      rest = rest.subarray(lineEnd + 2 + size + 2)
    }
  }
}
