import { fromLines } from './archived-lines.ts'
import { type ChainHead, emptyChain } from './chain.ts'
import { checkpointsOf, sha256 } from './checkpoint.ts'
import { linkFinding } from './read-chain.ts'
import { readCheckpoint } from './read-checkpoints.ts'
import type { Checkpoints, Finding, Verification } from './verify.ts'

/**
 * Follows a practice's chain through the archive, from its first entry to its newest checkpoint: every checkpoint is
 * signed and names the one before it, and its entries are those it was made of. Memory is bounded by one of them.
 */
export async function verifyArchive(
  checkpoints: Checkpoints,
  key: Buffer,
  practiceId: string,
): Promise<Verification> {
  const wrong = (seq: number, finding: Finding): Verification => ({ intact: false, seq, finding })
  const count = (await checkpoints.sink.list(checkpointsOf(practiceId))).length
  let last: ChainHead = emptyChain
  let previous = ''
  for (let number = 1; number <= count; number += 1) {
    const found = await readCheckpoint(checkpoints, practiceId, number)
    if (found.finding) return wrong(found.number, found.finding)
    const { checkpoint, text = '' } = found
    if (checkpoint?.previous !== previous) return wrong(number, 'checkpoint-forged')

    const archived = await checkpoints.sink.read(checkpoint.entries.name)
    if (archived === undefined) return wrong(last.seq + 1, 'gap')
    if (sha256(archived) !== checkpoint.entries.sha256) return wrong(last.seq + 1, 'altered')
    for (const entry of fromLines(archived)) {
      const finding = linkFinding(key, practiceId, last, entry)
      if (finding) return wrong(last.seq + 1, finding)
      last = entry
    }
    if (last.seq !== checkpoint.seq || last.mac !== checkpoint.mac) return wrong(number, 'checkpoint-forged')
    previous = sha256(text)
  }
  return { intact: true, entries: last.seq }
}
