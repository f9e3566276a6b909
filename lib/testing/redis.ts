import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RedisServer, startRedisServer } from '#lib/processes/redis-server.ts'
import {
  connectCommands,
  disconnect,
  type RedisClient,
  type RedisTopology,
  untilReady,
} from '#lib/redis/connect.ts'

/** Where a test's Redis is: a server, a proxy before it, Sentinels, or the nodes of a Cluster. */
export interface RedisAddress {
  readonly url: string
  readonly topology?: RedisTopology
  readonly sentinelName?: string
}

/** The same as a service's environment says it. */
export const redisPlaceOf = ({ url, topology = 'single', sentinelName }: RedisAddress) => ({
  REDIS_URL: url,
  REDIS_TOPOLOGY: topology,
  ...(sentinelName !== undefined && { REDIS_SENTINEL_NAME: sentinelName }),
})

/** A redis-server of the test's own, and a connection to it. */
export interface TestRedis extends RedisAddress {
  readonly redis: RedisClient
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
