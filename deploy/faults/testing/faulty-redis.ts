import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, type RedisClient, untilReady } from '#lib/redis/connect.ts'
import { startTcpProxy, type TcpProxy } from '#lib/testing/tcp-proxy.ts'
import type { StackOptions } from '../../local/stack.ts'
import { type RedisSettings, serverSettings } from '../../redis/settings.ts'

/** One server behind a wire that breaks on demand; the services know the wire only. */
export interface FaultyRedis {
  readonly wire: TcpProxy
  /** To the server itself, past the wire, as one who may do everything. */
  readonly operator: RedisClient
  readonly server: RedisServer
  readonly folder: string
  /** The first word of the server's reply to a GET, asked whether it is ready or not; '' where nobody answers. */
  firstWord(): Promise<string>
  /** Ends the rest that it takes after each command that it reads from its file. */
  readOn(): Promise<void>
  /** Ends the server with a signal and starts it again on its port and its append-only file. */
  restart(signal: NodeJS.Signals, awayMs?: number, more?: RedisSettings): Promise<void>
}

/** For `startTestStack`; what it started is there once the stack is. */
export function faultyRedis(settings: RedisSettings = {}) {
  const running: { redis?: FaultyRedis } = {}

  const startRedis: StackOptions['startRedis'] = async (aclFile, password) => {
    const folder = await mkdtemp(join(tmpdir(), 'faulty-redis-'))
    const start = (port?: number, more: RedisSettings = {}) =>
      startRedisServer({
        folder: join(folder, 'data'),
        aclFile,
        settings: { ...serverSettings, ...settings, ...more },
        ...(port !== undefined && { port }),
      })
    let server = await start()
    const wire = await startTcpProxy(server.port)
    /** One question on a connection of its own, to a server that may not be ready. */
    const ask = async <Reply>(question: (asking: Redis) => Promise<Reply>): Promise<Reply> => {
      const asking = new Redis(server.port, '127.0.0.1', {
        username: 'operator',
        password,
        enableReadyCheck: false,
        lazyConnect: true,
        retryStrategy: () => null,
      })
      asking.on('error', () => {})
      return question(asking).finally(() => asking.disconnect())
    }
    const operator = connectCommands(
      { url: `redis://operator:${password}@127.0.0.1:${server.port}`, name: 'operator' },
      { onError: () => {} },
    )
    await untilReady(operator)
    running.redis = {
      wire,
      operator,
      folder,
      get server() {
        return server
      },
      async firstWord() {
        const reply = await ask((asking) => asking.get('nothing')).catch((error: Error) => error)
        if (!(reply instanceof Error)) return 'OK'
        return reply.name === 'ReplyError' ? (reply.message.split(' ')[0] ?? '') : ''
      },
      async readOn() {
        await ask((asking) => asking.config('SET', 'key-load-delay', '0')).catch(() => {})
      },
      async restart(signal, awayMs = 0, more = {}) {
        await server.child.end(signal)
        await new Promise((resolve) => setTimeout(resolve, awayMs))
        server = await start(server.port, more)
        await untilReady(operator)
      },
    }
    return {
      hosts: `127.0.0.1:${wire.port}`,
      child: server.child,
      async stop() {
        disconnect(operator)
        await server.child.end('SIGKILL')
        await wire.stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }

  return {
    startRedis,
    get redis(): FaultyRedis {
      if (!running.redis) throw new Error('the stack has not started Redis')
      return running.redis
    },
  }
}
