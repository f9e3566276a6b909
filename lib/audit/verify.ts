import type { RedisClient } from '#lib/redis/connect.ts'
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
export async function verifyAudit(
  redis: RedisClient,
  key: Buffer,
  practiceId: string,
): Promise<Verification> {
  let last = emptyChain
  for (;;) {
    const { page, head } = await readPage(redis, practiceId, last.seq)
    for (const [id, fields] of page) {
      const [, mac = '', , payload = ''] = fields
      const expected = { seq: last.seq + 1, mac: nextMac(key, practiceId, last, payload) }
      if (id !== `0-${expected.seq}`) return { intact: false, seq: expected.seq, finding: 'gap' }
      if (!sameMac(mac, expected.mac)) return { intact: false, seq: expected.seq, finding: 'altered' }
      last = expected
    }
    if (page.length === pageSize) continue
    return head.seq === last.seq && sameMac(head.mac, last.mac)
      ? { intact: true, entries: last.seq }
      : { intact: false, seq: last.seq + 1, finding: 'truncated' }
  }
}

/** The entries after `seq` and the head, of one moment: the chain may grow while it is verified. */
async function readPage(redis: RedisClient, practiceId: string, seq: number) {
  const replies = await redis
    .multi()
    .hmget(auditKeys.head(practiceId), 'seq', 'mac')
    .xrange(auditKeys.log(practiceId), `(0-${seq}`, '+', 'COUNT', pageSize)
    .exec()
  const [headSeq, mac] = answerOf<[string | null, string | null]>(replies, 0)
  const page = answerOf<[id: string, fields: string[]][]>(replies, 1)
  const head: ChainHead = { seq: Number(headSeq ?? 0), mac: mac ?? '' }
  return { page, head }
}

function answerOf<Reply>(replies: [Error | null, unknown][] | null, index: number): Reply {
  const [error, reply] = replies?.[index] ?? [new Error('Connection is closed.')]
  if (error) throw error
  return reply as Reply
}
