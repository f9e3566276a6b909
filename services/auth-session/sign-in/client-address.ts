import { isIP } from 'node:net'
import type { Context } from 'hono'

/** What the server tells the app of a connection, as the third argument of `fetch`. */
export interface Connection {
  readonly address?: string
}

/**
 * The address a request comes from. Each of our proxies appends whom it heard from to X-Forwarded-For, so the entry
 * that many places from the right is the last one a caller cannot invent; without proxies the header is ignored.
 */
export function clientAddress(c: Context, trustedProxies: number): string {
  const peer = (c.env as Connection | undefined)?.address ?? 'unknown'
  if (trustedProxies === 0) return limitedPart(peer)
  const hops = (c.req.header('X-Forwarded-For') ?? '').split(',').map((hop) => hop.trim())
  const named = hops.at(-trustedProxies)
  return limitedPart(named !== undefined && isIP(named) > 0 ? named : peer)
}

/** One subscriber holds a whole IPv6 /64 (RFC 6177), so that is what counts as one address. */
export function limitedPart(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  if (isIP(plain) !== 6) return plain
  const [left = '', right] = plain.toLowerCase().split('::')
  const groups = left === '' ? [] : left.split(':')
  const tail = right ? right.split(':') : []
  const missing = right === undefined ? 0 : 8 - groups.length - tail.length
  const all = [...groups, ...Array<string>(Math.max(missing, 0)).fill('0'), ...tail]
  const network = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${network.join(':')}::/64`
}
