/** Redis settings of the three set-ups; the tests start real servers from them. Values as in redis.conf. */
export type RedisSettings = Readonly<Record<string, string>>

/** Of every server: what was accepted survives a restart, and nothing is evicted. */
export const serverSettings: RedisSettings = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  'maxmemory-policy': 'noeviction',
  // Fewer, smaller copies while a replica catches up; the default of 1 MB ends in a full one.
  'repl-backlog-size': '64mb',
}

/**
 * Under Sentinel. A primary that nobody follows any more refuses writes instead of taking what a failover would
 * lose; two replicas keep it writable while one is away.
 */
export const replicatedSettings: RedisSettings = {
  ...serverSettings,
  'min-replicas-to-write': '1',
  'min-replicas-max-lag': '10',
  'repl-diskless-sync-delay': '0',
}

/** In a Cluster: a slot without a master stops all of it, because half a queue serves nobody. */
export const clusterSettings: RedisSettings = {
  ...serverSettings,
  'cluster-enabled': 'yes',
  'cluster-node-timeout': '5000',
  'cluster-require-full-coverage': 'yes',
}

/** The text of a redis.conf. An empty value is written as "". */
export const settingsFile = (settings: RedisSettings): string =>
  `${Object.entries(settings)
    .map(([name, value]) => `${name} ${value === '' ? '""' : value}`)
    .join('\n')}\n`

export interface SentinelOptions {
  /** What clients ask for: REDIS_SENTINEL_NAME. */
  readonly name: string
  readonly port: number
  readonly folder: string
  readonly primary: { readonly host: string; readonly port: number }
  /** How many Sentinels must agree that the primary is down: more than half of them. */
  readonly quorum: number
  /** How Sentinel signs in to Redis, where Redis asks for it. */
  readonly user?: { readonly name: string; readonly password: string }
  readonly downAfterMs?: number
}

/** The text of a sentinel.conf. Sentinel rewrites its file, so each one needs a file and a folder of its own. */
export function sentinelFile(options: SentinelOptions): string {
  const { name, primary, user, downAfterMs = 5_000 } = options
  return settingsFile({
    port: String(options.port),
    dir: options.folder,
    [`sentinel monitor ${name}`]: `${primary.host} ${primary.port} ${options.quorum}`,
    [`sentinel down-after-milliseconds ${name}`]: String(downAfterMs),
    [`sentinel failover-timeout ${name}`]: String(downAfterMs * 3),
    [`sentinel parallel-syncs ${name}`]: '1',
    ...(user && {
      [`sentinel auth-user ${name}`]: user.name,
      [`sentinel auth-pass ${name}`]: user.password,
    }),
  })
}
