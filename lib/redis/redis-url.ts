/** What a `REDIS_URL` says; with Sentinel or Cluster it names several hosts, which `URL` cannot read. */
export interface RedisUrl {
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly hosts: readonly RedisHost[]
}

export interface RedisHost {
  readonly host: string
  readonly port: number
}

const form = /^(rediss?):\/\/(?:([^@/\s]*)@)?([^@/?#\s]+)(?:\/0?)?$/
const defaultPort = 6_379

/**
 * Reads `redis[s]://[user:password@]host[:port][,host[:port]…]`; undefined where it is none. User and password are
 * percent-encoded, as in every URL. Only database 0 is used: a Cluster has no other.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const [, scheme, credentials, list] = form.exec(text) ?? []
  if (scheme === undefined || list === undefined) return undefined
  const hosts = list.split(',').map(toHost)
  if (!hosts.every((host) => host !== undefined)) return undefined
  const [username, ...password] = (credentials ?? '').split(':')
  try {
    return {
      tls: scheme === 'rediss',
      username: decodeURIComponent(username ?? '') || undefined,
      password: decodeURIComponent(password.join(':')) || undefined,
      hosts,
    }
  } catch {
    // A lone percent sign.
    return undefined
  }
}

function toHost(text: string): RedisHost | undefined {
  if (!URL.canParse(`redis://${text}`)) return undefined
  const { hostname, port } = new URL(`redis://${text}`)
  // IPv6 stands in brackets in a URL and without them everywhere else.
  return hostname === ''
    ? undefined
    : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || defaultPort) }
}
