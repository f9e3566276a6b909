import { AuditEvent } from '#lib/contract/audit.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditKeys } from '#lib/redis/keys.ts'
import { type ChainHead, emptyChain, nextMac, sameMac } from './chain.ts'

export interface ChainEntry extends ChainHead {
  /** The stream's id, which is `0-<seq>` where nobody has touched the log. */
  readonly id: string
  readonly payload: string
}

/** The checkpoint that the head names as the last one; number 0 before the first. */
export interface NotedCheckpoint extends ChainHead {
  readonly number: number
  readonly digest: string
  /** ms since the epoch. */
  readonly at: number
}

export interface ChainState {
  readonly head: ChainHead
  /** The last entry that was trimmed; the empty chain where none was. */
  readonly base: ChainHead
  readonly checkpoint: NotedCheckpoint
}

type Pipeline = ReturnType<RedisClient['multi']>
const stateFields = ['seq', 'mac', 'base', 'baseMac', 'cp', 'cpSeq', 'cpMac', 'cpDigest', 'cpAt'] as const

export async function readState(redis: RedisClient, practiceId: string): Promise<ChainState> {
  return toState(await redis.hmget(auditKeys.head(practiceId), ...stateFields))
}

/** Entries after `seq`, oldest first, and the chain's state, of one moment: the chain may grow meanwhile. */
export async function readPage(redis: RedisClient, practiceId: string, seq: number, size: number) {
  const [state, entries] = await together(
    redis
      .multi()
      .hmget(auditKeys.head(practiceId), ...stateFields)
      .xrange(auditKeys.log(practiceId), `(0-${seq}`, '+', 'COUNT', size),
  )
  return { ...toState(state as (string | null)[]), entries: (entries as Raw[]).map(toEntry) }
}

/** Entries before `seq`, newest first. */
export async function readBefore(
  redis: RedisClient,
  practiceId: string,
  seq: number,
  size: number,
): Promise<ChainEntry[]> {
  const raw = await redis.xrevrange(auditKeys.log(practiceId), `(0-${seq}`, '-', 'COUNT', size)
  return raw.map(toEntry)
}

/** Whether an entry continues the chain: undefined where it does, else what is wrong with it. */
export function linkFinding(
  key: Buffer,
  practiceId: string,
  last: ChainHead,
  entry: ChainEntry,
): 'gap' | 'altered' | undefined {
  if (entry.id !== `0-${last.seq + 1}`) return 'gap'
  return sameMac(entry.mac, nextMac(key, practiceId, last, entry.payload)) ? undefined : 'altered'
}

/** The event in an entry; undefined where it is none, which only someone who touched the log can have written. */
export function eventIn({ payload }: Pick<ChainEntry, 'payload'>): AuditEvent | undefined {
  try {
    return AuditEvent.parse(JSON.parse(payload))
  } catch {
    return undefined
  }
}

/**
 * The seq of the first entry recorded at `ms` or later, by halving: some 17 reads in 100,000 entries. Writers' clocks
 * differ, so what stands around it may be off by as much.
 */
export async function seekTime(redis: RedisClient, practiceId: string, ms: number): Promise<number> {
  const { base, head } = await readState(redis, practiceId)
  const isBefore = async (seq: number): Promise<boolean> => {
    const [raw] = await redis.xrange(auditKeys.log(practiceId), `0-${seq}`, '+', 'COUNT', 1)
    const recordedAt = raw && eventIn(toEntry(raw))?.recordedAt
    return recordedAt !== undefined && Date.parse(recordedAt) < ms
  }
  let [low, high] = [base.seq + 1, head.seq + 1]
  // Mostly nothing is old enough, and that is known after one look.
  if (!(await isBefore(low))) return low
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}

type Raw = [id: string, fields: string[]]

const toEntry = ([id, fields]: Raw): ChainEntry => {
  const [, mac = '', , payload = ''] = fields
  return { id, seq: Number(id.slice(2)), mac, payload }
}

function toState(fields: readonly (string | null)[]): ChainState {
  const [seq, mac, base, baseMac, number, cpSeq, cpMac, digest, at] = fields
  const headOf = (seq: string | null | undefined, mac: string | null | undefined): ChainHead =>
    seq == null ? emptyChain : { seq: Number(seq), mac: mac ?? '' }
  return {
    head: headOf(seq, mac),
    base: headOf(base, baseMac),
    checkpoint: {
      ...headOf(cpSeq, cpMac),
      number: Number(number ?? 0),
      digest: digest ?? '',
      at: Number(at ?? 0),
    },
  }
}

async function together(pipeline: Pipeline): Promise<unknown[]> {
  const replies = await pipeline.exec()
  if (!replies) throw new Error('Connection is closed.')
  return replies.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
