import type { RedisClient } from '#lib/redis/connect.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { createLock, type Hold } from '#lib/redis/lock.ts'
import { loadScript } from '#lib/redis/script.ts'
import { toLines } from './archived-lines.ts'
import type { ChainHead } from './chain.ts'
import {
  type Checkpoint,
  type CheckpointSigner,
  checkpointName,
  entriesName,
  practiceName,
  sha256,
} from './checkpoint.ts'
import {
  type ChainEntry,
  linkFinding,
  type NotedCheckpoint,
  readPage,
  readState,
  seekTime,
} from './read-chain.ts'
import { readCheckpoint } from './read-checkpoints.ts'
import type { Checkpoints, Finding } from './verify.ts'

export interface CheckpointLimits {
  /** A checkpoint after so many entries, or when the last one is so old. */
  readonly entriesMax: number
  readonly intervalMs: number
  /** What stays in Redis behind a checkpoint: so many entries, none older than this. */
  readonly keepEntries: number
  readonly keepMs: number
}

/** The chain is not the one that was checkpointed before, or not sound: nothing is signed or trimmed. */
export class ChainBroken extends Error {
  override readonly name = 'ChainBroken'
  constructor(
    readonly finding: Finding,
    readonly seq: number,
  ) {
    super(finding)
  }
}

/** Another process has taken over meanwhile; it does what was left. */
class Overtaken extends Error {}

const noteCheckpoint = loadScript<number>(new URL('./note-checkpoint.lua', import.meta.url))
const trimLog = loadScript<number>(new URL('./trim-log.lua', import.meta.url))
/** Longer than the sink takes with all its tries; a writer that died is replaced after it. */
const leaseMs = 60_000
/** Trimming comes in steps of a hundredth of what stays, not entry by entry. */
const trimStep = 100

export type CheckpointOutcome = 'idle' | 'busy' | 'done'

/**
 * Brings one practice's checkpoints up to date and trims its log behind them. Order is what makes it safe to die at
 * any moment: entries to the sink, the signed checkpoint to the sink, a note in Redis, and only then the trimming.
 * Throws ChainBroken where the chain must not be signed.
 */
export function createWriteCheckpoint(
  deps: Checkpoints & {
    redis: RedisClient
    key: Buffer
    signer: CheckpointSigner
    limits: CheckpointLimits
    /** Names this process among those that write checkpoints. */
    owner: string
    now: () => number
    onWritten: (checkpoint: Checkpoint) => void
  },
) {
  const { redis, key, signer, sink, limits, now } = deps

  return async (practiceId: string): Promise<CheckpointOutcome> => {
    if (!(await isDue(practiceId)) && (await lastToTrim(practiceId)) === 0) return 'idle'
    const lease = createLock({
      redis,
      key: auditKeys.lease(practiceId),
      owner: deps.owner,
      heldMs: leaseMs,
    })
    const hold = await lease.take()
    if (!hold) return 'busy'
    try {
      while (await isDue(practiceId)) await advance(practiceId, hold)
      await trim(practiceId, hold)
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
      return 'busy'
    } finally {
      await lease.free()
    }
    return 'done'
  }

  async function isDue(practiceId: string): Promise<boolean> {
    const { head, checkpoint } = await readState(redis, practiceId)
    const news = head.seq - checkpoint.seq
    // A head that stands before its checkpoint was set back, which advancing then finds.
    return news < 0 || news >= limits.entriesMax || (news > 0 && now() - checkpoint.at >= limits.intervalMs)
  }

  async function advance(practiceId: string, { lock, fence }: Hold): Promise<void> {
    const { checkpoint: last } = await readState(redis, practiceId)
    const entries = await soundEntries(practiceId, last, limits.entriesMax)
    const { text, checkpoint } = await written(practiceId, last, entries)
    const { number, seq, mac } = checkpoint
    const noted = await noteCheckpoint(
      redis,
      [auditKeys.head(practiceId), lock],
      [fence, number, seq, mac, sha256(text), Date.parse(checkpoint.recordedAt)],
    )
    if (noted === 0) throw new Overtaken()
    deps.onWritten(checkpoint)
  }

  /** The entries after a checkpoint, of which none was touched: what was altered is never signed. */
  async function soundEntries(practiceId: string, from: NotedCheckpoint, size: number) {
    const { checkpoint, entries } = await readPage(redis, practiceId, from.seq, size)
    if (checkpoint.number !== from.number) throw new Overtaken()
    let last: ChainHead = from
    for (const entry of entries) {
      const finding = linkFinding(key, practiceId, last, entry)
      if (finding) throw new ChainBroken(finding, last.seq + 1)
      last = entry
    }
    if (entries.length === 0) throw new ChainBroken('truncated', from.seq + 1)
    return entries
  }

  /** Puts the next checkpoint into the sink, or finds the one that a process put there and did not live to note. */
  async function written(practiceId: string, last: NotedCheckpoint, entries: readonly ChainEntry[]) {
    const lines = toLines(entries)
    const digest = sha256(lines)
    const [first, end] = [entries[0], entries.at(-1)]
    if (!first || !end) throw new RangeError('a checkpoint covers at least one entry')
    const number = last.number + 1
    const checkpoint: Checkpoint = {
      version: 1,
      practiceId,
      number,
      seq: end.seq,
      mac: end.mac,
      recordedAt: new Date(now()).toISOString(),
      previous: last.digest,
      entries: { name: entriesName(practiceId, first.seq, end.seq, digest), sha256: digest },
    }
    if (number === 1) await sink.create(practiceName(practiceId), `${practiceId}\n`)
    await sink.create(checkpoint.entries.name, lines)
    const text = await signer.sign(checkpoint)
    const outcome = await sink.create(checkpointName(practiceId, number), text)
    return outcome === 'created' ? { text, checkpoint } : adopted(practiceId, last)
  }

  async function adopted(practiceId: string, last: NotedCheckpoint) {
    const found = await readCheckpoint(deps, practiceId, last.number + 1)
    if (found.finding) throw new ChainBroken(found.finding, last.number + 1)
    const { checkpoint, text = '' } = found
    const covered = (checkpoint?.seq ?? 0) - last.seq
    const end = covered > 0 ? (await soundEntries(practiceId, last, covered)).at(-1) : undefined
    if (!checkpoint || checkpoint.previous !== last.digest || end?.mac !== checkpoint.mac)
      throw new ChainBroken('rolled-back', checkpoint?.seq ?? last.seq)
    return { text, checkpoint }
  }

  async function trim(practiceId: string, { lock, fence }: Hold): Promise<void> {
    const last = await lastToTrim(practiceId)
    const keys = [auditKeys.head(practiceId), auditKeys.log(practiceId), lock]
    if (last > 0) await trimLog(redis, keys, [fence, last])
  }

  /** The last entry that may go now; 0 where it is not worth a step. */
  async function lastToTrim(practiceId: string): Promise<number> {
    const { head, base, checkpoint } = await readState(redis, practiceId)
    const byCount = head.seq - limits.keepEntries
    const byAge = (await seekTime(redis, practiceId, now() - limits.keepMs)) - 1
    const last = Math.min(checkpoint.seq, Math.max(byCount, byAge))
    const step = Math.min(trimStep, Math.ceil(limits.keepEntries / 100))
    return last - base.seq >= Math.max(1, step) ? last : 0
  }
}
