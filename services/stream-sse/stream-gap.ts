import type { RedisClient } from '#lib/redis/connect.ts'
import { compareIds, type EntryId, parseEntryId } from './cursor.ts'

/** Why what came after a position cannot be told: it was trimmed, or the stream has never come so far. */
export type Loss = 'trimmed' | 'future'

/** What a client lost of a stream after `from`; undefined where it can be told all. */
export async function lostSince(redis: RedisClient, key: string, from: EntryId): Promise<Loss | undefined> {
  const info = await streamInfo(redis, key)
  return isAhead(info, from) ? 'future' : isTrimmed(info, from) ? 'trimmed' : undefined
}

/**
 * The same of a practice's events. Positions are those of the events of all practices, so only that stream tells what
 * is ahead; and as a practice's own is gone when it was silent for `keptMs`, what is older than that counts as trimmed.
 */
export async function lostOfPractice(
  redis: RedisClient,
  keys: { all: string; practice: string },
  from: EntryId,
  keptSince: number,
): Promise<Loss | undefined> {
  const [all, practice] = await Promise.all([streamInfo(redis, keys.all), streamInfo(redis, keys.practice)])
  if (isAhead(all, from)) return 'future'
  if (!all || compareIds(from, all.lastId) === 0) return undefined
  return isTrimmed(practice, from) || (from.ms > 0 && from.ms < keptSince) ? 'trimmed' : undefined
}

type Info = Awaited<ReturnType<typeof streamInfo>>

const isAhead = (info: Info, from: EntryId): boolean =>
  info ? compareIds(from, info.lastId) > 0 : from.ms > 0

/** Trimming takes from the front: where the first entry that is left is not newer, nothing after `from` is gone. */
const isTrimmed = (info: Info, from: EntryId): boolean =>
  info !== undefined && info.added !== info.length && !(info.firstId && compareIds(from, info.firstId) >= 0)

async function streamInfo(redis: RedisClient, key: string) {
  if ((await redis.exists(key)) === 0) return undefined
  const flat = (await redis.xinfo('STREAM', key)) as unknown[]
  const field = (name: string) => flat[flat.indexOf(name) + 1]
  const first = field('first-entry') as [string, string[]] | null
  return {
    length: Number(field('length')),
    added: Number(field('entries-added')),
    lastId: parseEntryId(String(field('last-generated-id'))),
    firstId: first ? parseEntryId(first[0]) : undefined,
  }
}
