import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import { connectCommands, disconnect, untilReady } from '#lib/redis/connect.ts'

/** A redis-server of the test's own, and a connection to it. */
export interface TestRedis {
  readonly url: string
  readonly redis: Redis
  readonly server: () => RedisServer
  /** Kills the server with −9 and starts it again on the same port and append-only file. */
  crash(): Promise<void>
  stop(): Promise<void>
}

export async function startTestRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-test-'))
  let server = await startRedisServer({ folder, settings })
  const url = `redis://127.0.0.1:${server.port}`
  const redis = connectCommands({ url, name: 'test' }, { onError: () => {} })
  await untilReady(redis)
  return {
    url,
    redis,
    server: () => server,
    async crash() {
      await server.child.end('SIGKILL')
      server = await startRedisServer({ folder, settings, port: server.port })
      await untilReady(redis)
    },
    async stop() {
      disconnect(redis)
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
