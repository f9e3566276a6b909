import { type ResyncReason, StreamName } from '#lib/contract/events.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import type { QueueKeys } from '#lib/redis/keys.ts'
import {
  compareIds,
  type EntryId,
  formatEntryId,
  type Position,
  parseCursor,
  parseEntryId,
} from './cursor.ts'
import { parseEvent, type StreamEvent } from './decode-event.ts'
import { streamKeysOf } from './event-reader.ts'

export type Replay =
  | { readonly kind: 'history'; readonly from: Position; readonly events: readonly StreamEvent[] }
  | { readonly kind: 'gap'; readonly reason: ResyncReason }

const pageSize = 1_000

/**
 * What a client has missed since its cursor, oldest first, or why that cannot be told. Clients that come back with
 * the same cursor at the same time (a restarted instance) share one reading.
 */
export function createReplay(deps: { redis: RedisClient; keys: QueueKeys; epoch: () => string }) {
  const streamKeys = streamKeysOf(deps.keys)
  const running = new Map<string, Promise<Replay>>()

  const read = async (cursor: string): Promise<Replay> => {
    const parsed = parseCursor(cursor)
    if (!parsed) return { kind: 'gap', reason: 'cursor' }
    if (parsed.epoch !== deps.epoch()) return { kind: 'gap', reason: 'epoch' }
    const from = parsed.position
    const pages = await Promise.all(
      StreamName.options.map((name) => since(deps.redis, name, streamKeys[name], from[name])),
    )
    const events: StreamEvent[] = []
    for (const page of pages) {
      if (page === 'trimmed' || page === 'future')
        return { kind: 'gap', reason: page === 'future' ? 'cursor' : page }
      events.push(...page)
    }
    return { kind: 'history', from, events: events.sort((a, b) => compareIds(a.id, b.id)) }
  }

  return (cursor: string): Promise<Replay> => {
    const shared = running.get(cursor)
    if (shared !== undefined) return shared
    const reading = read(cursor).finally(() => running.delete(cursor))
    running.set(cursor, reading)
    return reading
  }
}

/** Entries after `from`. Trimming is noticed by what is gone from the front of the stream. */
async function since(
  redis: RedisClient,
  name: StreamName,
  key: string,
  from: EntryId,
): Promise<StreamEvent[] | 'trimmed' | 'future'> {
  const events: StreamEvent[] = []
  let last = from
  for (;;) {
    const page = await redis.xrange(key, `(${formatEntryId(last)}`, '+', 'COUNT', pageSize)
    for (const [id, fields] of page) events.push(parseEvent(name, id, fields))
    const end = page.at(-1)
    if (!end || page.length < pageSize) break
    last = parseEntryId(end[0])
  }
  // Asked after reading: what was trimmed meanwhile shows as a gap instead of slipping through.
  return (await gapAt(redis, key, from)) ?? events
}

async function gapAt(
  redis: RedisClient,
  key: string,
  from: EntryId,
): Promise<'trimmed' | 'future' | undefined> {
  const info = await streamInfo(redis, key)
  if (!info) return from.ms === 0 ? undefined : 'future'
  if (compareIds(from, info.lastId) > 0) return 'future'
  if (info.added === info.length) return undefined
  return info.firstId && compareIds(from, info.firstId) >= 0 ? undefined : 'trimmed'
}

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
