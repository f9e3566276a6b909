import type { AuditVerification } from '#lib/contract/audit.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { type ChainHead, sameMac } from './chain.ts'
import type { OpenCheckpoint } from './checkpoint.ts'
import type { CheckpointSink } from './checkpoint-sink.ts'
import { linkFinding, readPage, readState } from './read-chain.ts'
import { newestCheckpoint } from './read-checkpoints.ts'

export type Verification = AuditVerification
export type Finding = Extract<Verification, { intact: false }>['finding']

/** Where the checkpoints are, and whose signature counts. */
export interface Checkpoints {
  readonly sink: CheckpointSink
  readonly open: OpenCheckpoint
}

const pageSize = 1_000

/**
 * Reads a practice's whole chain in Redis and finds the first entry that was edited, moved, taken out or brought from
 * elsewhere. Against the newest checkpoint, which binds all before it, it also finds a chain that was cut short with
 * its head, or set back to an older copy; entries younger than that checkpoint could be cut off unseen.
 */
export async function verifyAudit(
  redis: RedisClient,
  key: Buffer,
  practiceId: string,
  checkpoints?: Checkpoints,
): Promise<Verification> {
  const wrong = (seq: number, finding: Finding): Verification => ({ intact: false, seq, finding })
  // Before the sink is asked: a checkpoint that is noted stands there already.
  const noted = (await readState(redis, practiceId)).checkpoint.number
  const found = await newestCheckpoint(checkpoints, practiceId, noted)
  if (found.finding) return wrong(found.number, found.finding)
  let newest = found.checkpoint

  const forksAt = ({ seq, mac }: ChainHead) => newest?.seq === seq && !sameMac(newest.mac, mac)
  let last: ChainHead = { seq: 0, mac: '' }
  for (;;) {
    const { base, head, entries } = await readPage(redis, practiceId, last.seq, pageSize)
    if (base.seq > last.seq) {
      // The log may have been trimmed behind a newer checkpoint meanwhile.
      if (base.seq > (newest?.seq ?? 0)) {
        const again = await newestCheckpoint(checkpoints, practiceId, 0)
        if (!again.finding) newest = again.checkpoint
      }
      if (base.seq > (newest?.seq ?? 0)) return wrong(last.seq + 1, 'trimmed')
      last = base
      if (forksAt(last)) return wrong(last.seq, 'rolled-back')
    }
    for (const entry of entries) {
      const finding = linkFinding(key, practiceId, last, entry)
      if (finding) return wrong(last.seq + 1, finding)
      last = entry
      if (forksAt(last)) return wrong(last.seq, 'rolled-back')
    }
    if (entries.length === pageSize) continue
    const whole = head.seq === last.seq && sameMac(head.mac, last.mac) && last.seq >= (newest?.seq ?? 0)
    if (!whole) return wrong(last.seq + 1, 'truncated')
    return {
      intact: true,
      entries: last.seq,
      ...(base.seq > 0 && { trimmed: base.seq }),
      ...(newest && {
        checkpoint: { number: newest.number, seq: newest.seq, recordedAt: newest.recordedAt },
      }),
    }
  }
}
