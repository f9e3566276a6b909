import type { Redis } from 'ioredis'
import { auditKeys } from '#lib/redis/keys.ts'
import { type ChainHead, emptyChain, nextMac, sameMac } from './chain.ts'

export type Verification =
  | { readonly intact: true; readonly entries: number }
  | { readonly intact: false; readonly seq: number; readonly finding: 'gap' | 'altered' | 'truncated' }

const pageSize = 1_000

/**
 * Reads a practice's whole chain and finds the first entry that was edited, moved, taken out or brought from
 * elsewhere; a head that names a later entry than the last one there is a truncation.
 */
export async function verifyAudit(redis: Redis, key: Buffer, practiceId: string): Promise<Verification> {
  let last = emptyChain
  let head = await readHead(redis, practiceId)
  for (;;) {
    const page = await redis.xrange(auditKeys.log(practiceId), `(0-${last.seq}`, '+', 'COUNT', pageSize)
    for (const [id, fields] of page) {
      const [, mac = '', , payload = ''] = fields
      const expected = { seq: last.seq + 1, mac: nextMac(key, practiceId, last, payload) }
      if (id !== `0-${expected.seq}`) return { intact: false, seq: expected.seq, finding: 'gap' }
      if (!sameMac(mac, expected.mac)) return { intact: false, seq: expected.seq, finding: 'altered' }
      last = expected
    }
    if (page.length === pageSize) continue
    // `head` is older than the page, so an entry that it names was there to be read.
    if (head.seq > last.seq) return { intact: false, seq: last.seq + 1, finding: 'truncated' }
    head = await readHead(redis, practiceId)
    if (head.seq === last.seq && sameMac(head.mac, last.mac)) return { intact: true, entries: last.seq }
    if (head.seq <= last.seq) return { intact: false, seq: last.seq + 1, finding: 'truncated' }
    // The chain grew while it was read: the next page holds what is new.
  }
}

async function readHead(redis: Redis, practiceId: string): Promise<ChainHead> {
  const [seq, mac] = await redis.hmget(auditKeys.head(practiceId), 'seq', 'mac')
  return { seq: Number(seq ?? 0), mac: mac ?? '' }
}
