import { Redis } from 'ioredis'

export interface RedisConfig {
  /** `redis://` or `rediss://`, with the ACL user and password in it. */
  readonly url: string
  /** Shown in CLIENT LIST, so that an operator sees who holds which connection. */
  readonly name: string
}

interface ConnectionEvents {
  onError(error: Error): void
}

const commandTimeoutMs = 3_000

const shared = (config: RedisConfig) => ({
  connectionName: config.name,
  connectTimeout: 3_000,
  keepAlive: 10_000,
  retryStrategy: (attempt: number) =>
    Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2),
  // After a failover the old primary answers READONLY on a connection that looks healthy.
  reconnectOnError: (error: Error) =>
    error.message.startsWith('READONLY') ? (1 as const) : (false as const),
})

/**
 * A connection for commands. A command is sent once or fails within 3 s: no offline queue, no resend after a
 * reconnect, because a resent XADD is a second entry. Callers retry only what is idempotent.
 */
export function connectCommands(config: RedisConfig, events: ConnectionEvents): Redis {
  const redis = new Redis(config.url, {
    ...shared(config),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    enableAutoPipelining: true,
  })
  redis.on('error', events.onError)
  return redis
}

/**
 * A connection for one blocking reader, which must not be shared: a blocking read delays every command behind it.
 * `blockMs` is the reader's BLOCK; a silent (black-holed) peer is noticed a little later.
 */
export function connectReader(config: RedisConfig, blockMs: number, events: ConnectionEvents): Redis {
  const redis = new Redis(config.url, {
    ...shared(config),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: blockMs + commandTimeoutMs,
  })
  redis.on('error', events.onError)
  return redis
}

/** A connection that only subscribes; it re-subscribes by itself after a reconnect. */
export function connectSubscriber(config: RedisConfig, events: ConnectionEvents): Redis {
  const redis = new Redis(config.url, { ...shared(config), maxRetriesPerRequest: null })
  redis.on('error', events.onError)
  return redis
}

/** Resolves when the connection can take commands, rejects after `timeoutMs`. */
export async function untilReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', done)
      reject(
        new Error(`Redis was not ready within ${timeoutMs} ms; is it running at the configured REDIS_URL?`),
      )
    }, timeoutMs)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    redis.once('ready', done)
  })
}

/** Closes without waiting for what hangs; safe in any state. */
export function disconnect(...connections: Redis[]): void {
  for (const redis of connections) redis.disconnect()
}
