import { Cluster, Redis } from 'ioredis'
import { LastingRedis, type NodeOptions } from './lasting-redis.ts'
import { parseRedisUrl, type RedisUrl } from './redis-url.ts'
import './tracing-subscribers.ts'

/** A connection whatever stands behind it; both have the same commands. */
export type RedisClient = Redis | Cluster

export type RedisTopology = 'single' | 'sentinel' | 'cluster'

export interface RedisConfig {
  /** `redis://` or `rediss://`, with the ACL user and password in it; lists the Sentinels or the Cluster's nodes. */
  readonly url: string
  readonly topology?: RedisTopology
  /** The name by which the Sentinels know the primary. */
  readonly sentinelName?: string | undefined
  /** Shown in CLIENT LIST, so that an operator sees who holds which connection. */
  readonly name: string
}

interface ConnectionEvents {
  onError(error: Error): void
}

const commandTimeoutMs = 3_000
/** Cluster: a node that went away is noticed by this look at the slots where no redirection tells. */
const slotsRefreshMs = 2_000
const watchEveryMs = 5_000

const backOffMs = (attempt: number) =>
  Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2)

const shared = (config: RedisConfig) => ({
  connectionName: config.name,
  connectTimeout: 3_000,
  keepAlive: 10_000,
  // After a failover the old primary answers READONLY on a connection that looks healthy.
  reconnectOnError: (error: Error) =>
    error.message.startsWith('READONLY') ? (1 as const) : (false as const),
})

/**
 * A connection for commands. A command is sent once or fails within 3 s: no offline queue, no resend after a
 * reconnect, because a resent XADD is a second entry. Callers retry only what is idempotent.
 */
export function connectCommands(config: RedisConfig, events: ConnectionEvents): RedisClient {
  return open(config, events, failing(commandTimeoutMs))
}

/**
 * A connection for one blocking reader, which must not be shared: a blocking read delays every command behind it.
 * `blockMs` is the reader's BLOCK; a silent (black-holed) peer is noticed a little later.
 */
export function connectReader(config: RedisConfig, blockMs: number, events: ConnectionEvents): RedisClient {
  return open(config, events, failing(blockMs + commandTimeoutMs))
}

/** A connection that only subscribes; it re-subscribes by itself after a reconnect, and a silent peer is left. */
export function connectSubscriber(config: RedisConfig, events: ConnectionEvents): RedisClient {
  const redis = open(config, events, { maxRetriesPerRequest: null })
  if (redis instanceof LastingRedis) watchSilence(redis)
  return redis
}

/** A socket without a reply for that long is closed: a black hole would time out command after command for ever. */
const failing = (timeoutMs: number): NodeOptions => ({
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  commandTimeout: timeoutMs,
  socketTimeout: timeoutMs,
})

function open(config: RedisConfig, events: ConnectionEvents, options: NodeOptions): RedisClient {
  const url = parseRedisUrl(config.url)
  if (!url) throw new Error('REDIS_URL must be a redis:// or rediss:// URL')
  const node: NodeOptions = { ...shared(config), ...options, ...credentialsOf(url) }
  const redis = config.topology === 'cluster' ? openCluster(url, node) : openOne(url, config, node)
  redis.on('error', events.onError)
  return redis
}

const openOne = (url: RedisUrl, config: RedisConfig, node: NodeOptions): LastingRedis =>
  new LastingRedis({
    ...node,
    ...(config.topology === 'sentinel' ? sentinelsOf(url, config.sentinelName) : serverOf(url)),
    retryStrategy: backOffMs,
  })

const credentialsOf = ({ tls, username, password }: RedisUrl): NodeOptions => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(tls && { tls: {} }),
})

function serverOf({ hosts }: RedisUrl): NodeOptions {
  const [server] = hosts
  if (!server || hosts.length > 1)
    throw new Error('REDIS_URL must name one host where REDIS_TOPOLOGY is single')
  return server
}

function sentinelsOf({ hosts, tls }: RedisUrl, name: string | undefined): NodeOptions {
  if (name === undefined) throw new Error('REDIS_SENTINEL_NAME is required where REDIS_TOPOLOGY is sentinel')
  return {
    sentinels: [...hosts],
    name,
    sentinelRetryStrategy: backOffMs,
    sentinelCommandTimeout: 1_000,
    // A primary that vanished closes nothing: the Sentinels' word ends the connection to it.
    failoverDetector: true,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  }
}

/** Nothing is sent again after a lost connection, as on one server; redirected commands have not run. */
function openCluster(url: RedisUrl, node: NodeOptions): Cluster {
  const cluster = new Cluster([...url.hosts], {
    redisOptions: node,
    enableOfflineQueue: node.enableOfflineQueue ?? true,
    retryDelayOnFailover: 0,
    slotsRefreshInterval: slotsRefreshMs,
    clusterRetryStrategy: backOffMs,
    // Names are resolved at each connect, so that a certificate's name is the one that was asked for.
    dnsLookup: (address, callback) => callback(null, address),
  })
  // At once and not with the first command: commands that come while a node connects fail.
  cluster.on('+node', (redis: Redis) => void redis.connect().catch(() => {}))
  return cluster
}

/** A subscriber sends nothing, so it would not notice a peer that is gone without a word. */
function watchSilence(redis: LastingRedis): void {
  let unanswered = false
  const timer = setInterval(() => {
    if (redis.isClosed) return clearInterval(timer)
    if (redis.status !== 'ready') return
    if (unanswered) redis.disconnect(true)
    unanswered = true
    const settle = () => {
      unanswered = false
    }
    redis.ping().then(settle, settle)
  }, watchEveryMs)
}

/** Resolves when the connection can take commands (in a Cluster: at every master), rejects after `timeoutMs`. */
export async function untilReady(redis: RedisClient, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  if (redis.status !== 'ready') await nextReady(redis, timeoutMs)
  if (redis instanceof Redis) return
  const masters = redis.nodes('master')
  await Promise.all(
    masters
      .filter(({ status }) => status !== 'ready')
      .map((node) => nextReady(node, deadline - performance.now())),
  )
}

async function nextReady(redis: RedisClient, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', done)
      reject(
        new Error(
          `Redis was not ready within ${Math.round(timeoutMs)} ms; is it running at the configured REDIS_URL?`,
        ),
      )
    }, timeoutMs)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    redis.once('ready', done)
  })
}

/** The servers that take writes: the one behind a connection, or a Cluster's masters as far as they are known. */
export const mastersOf = (redis: RedisClient): readonly Redis[] =>
  redis instanceof Redis ? [redis] : redis.nodes('master')

/** Closes without waiting for what hangs; safe in any state. */
export function disconnect(...connections: RedisClient[]): void {
  for (const redis of connections) redis.disconnect()
}
