import { BlockList, isIP } from 'node:net'
import type { AddressClass } from '#lib/contract/audit.ts'

const listOf = (v4: readonly [string, number][], v6: readonly [string, number][]): BlockList => {
  const list = new BlockList()
  for (const [net, bits] of v4) list.addSubnet(net, bits, 'ipv4')
  for (const [net, bits] of v6) list.addSubnet(net, bits, 'ipv6')
  return list
}

const loopback = listOf([['127.0.0.0', 8]], [['::1', 128]])
/** RFC 1918, RFC 6598, RFC 3927; RFC 4193, RFC 4291 §2.5.6. */
const internal = listOf(
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['169.254.0.0', 16],
  ],
  [
    ['fc00::', 7],
    ['fe80::', 10],
  ],
)

/** The class of an address, or of the network that its `/` names: what the audit log keeps of it. */
export function addressClassOf(address: string): AddressClass {
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').split('/')
  const version = isIP(plain)
  if (version === 0) return 'unknown'
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (loopback.check(plain, family)) return 'loopback'
  return internal.check(plain, family) ? 'private' : 'public'
}
