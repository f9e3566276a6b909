import { createServer } from 'node:net'

/**
 * Below what systems give to whoever asks for any port (from 32,768 on Linux, 49,152 elsewhere): a port that is free now
 * stays so until the process that it is meant for has started.
 */
const range = { from: 12_000, count: 20_000 }
const given = new Set<number>()

/** A TCP port nobody listens on now, on the loopback interface; never the same one twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = range.from + Math.floor(Math.random() * range.count)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
