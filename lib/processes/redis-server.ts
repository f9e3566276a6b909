import { mkdir } from 'node:fs/promises'
import { type Child, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { until } from './wait.ts'

export interface RedisServerOptions {
  /** Where it keeps its append-only file. */
  readonly folder: string
  /** A free one where it is not given. */
  readonly port?: number
  readonly aclFile?: string
  /** Further settings, e.g. `{ maxmemory: '64mb' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface RedisServer {
  readonly port: number
  readonly child: Child
  stop(): Promise<void>
}

export class RedisNotFound extends Error {
  override readonly name = 'RedisNotFound'
}

/** Starts a redis-server of the caller's own: loopback only, append-only file on, nothing evicted. */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  await mkdir(options.folder, { recursive: true })
  const port = options.port ?? (await freePort())
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    port: String(port),
    dir: options.folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    ...(options.aclFile !== undefined && { aclfile: options.aclFile }),
    ...options.settings,
  }
  const child = startChild(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  )
  const output: string[] = []
  let ready = false
  let over: number | undefined
  child.onLine((line) => {
    if (output.length < 50) output.push(line)
    if (line.includes('Ready to accept connections')) ready = true
  })
  void child.exited.then((code) => {
    over = code
  })
  try {
    await until('redis-server is ready', () => ready || over !== undefined)
  } catch (error) {
    await child.end('SIGKILL')
    throw error
  }
  if (over === 127) throw new RedisNotFound('redis-server is not on PATH')
  if (over !== undefined) throw new Error(`redis-server ended with ${over}:\n${output.slice(-5).join('\n')}`)
  return { port, child, stop: () => stop(child) }
}

/** Redis does not heed SIGTERM while it writes its first append-only file; it is asked again until it goes. */
async function stop(child: Child): Promise<void> {
  const again = setInterval(() => child.process.kill('SIGTERM'), 500)
  await child.end('SIGTERM')
  clearInterval(again)
}
