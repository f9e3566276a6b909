import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedisServer } from '../../../lib/processes/redis-server.ts'
import { endWithUs } from './end-with-us.ts'
import { cores, pin } from './pinning.ts'

export interface FreshRedis {
  readonly url: string
  stop(): Promise<void>
}

/** An empty redis-server of one round's own (append-only file, fsync every second), on Redis' core. */
export async function startFreshRedis(): Promise<FreshRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-redis-'))
  // Several start at once, and another may take the free port in between: the second try has another port.
  const server = await startRedisServer({ folder }).catch(() => startRedisServer({ folder }))
  endWithUs(server.child)
  pin(server.child.process.pid, cores.redis)
  return {
    url: `redis://127.0.0.1:${server.port}`,
    async stop() {
      // Nothing of it is needed any more, so it is not asked to save.
      await server.child.end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function withFreshRedis<T>(use: (url: string) => Promise<T>): Promise<T> {
  const redis = await startFreshRedis()
  try {
    return await use(redis.url)
  } finally {
    await redis.stop()
  }
}
