import { ConfigError } from '#lib/config/read-config.ts'
import type { RedisConfig, RedisTopology } from './connect.ts'
import { parseRedisUrl } from './redis-url.ts'

/** The part of a service's configuration that says where Redis is. */
export interface RedisPlace {
  readonly REDIS_URL: string
  readonly REDIS_TOPOLOGY?: RedisTopology
  readonly REDIS_SENTINEL_NAME?: string | undefined
}

/** How a connection called `name` is made. Throws `ConfigError` where the settings do not go together. */
export function redisAt(place: RedisPlace, name: string): RedisConfig {
  const { REDIS_URL: url, REDIS_TOPOLOGY: topology = 'single', REDIS_SENTINEL_NAME: sentinelName } = place
  if (topology === 'sentinel' && sentinelName === undefined)
    throw new ConfigError('REDIS_SENTINEL_NAME is required where REDIS_TOPOLOGY is sentinel')
  if (topology === 'single' && (parseRedisUrl(url)?.hosts.length ?? 0) > 1)
    throw new ConfigError('REDIS_URL names several hosts: REDIS_TOPOLOGY must be sentinel or cluster')
  return { url, topology, sentinelName, name }
}
