import type { RedisClient } from '#lib/redis/connect.ts'
import { loadScript } from '#lib/redis/script.ts'
import type { Position } from './page-cursor.ts'

/** Which part of an index is read: `from` included, `before` not, both in ms; and where to go on. */
export interface PageRange {
  readonly from?: number
  readonly before?: number
  readonly after?: Position
  readonly size: number
  /** Index entries looked at by one call; the page may then be short and still name the next one. */
  readonly scannedMax?: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Where the next page begins; none after the last. */
  readonly next: Position | undefined
}

/** More than a page of 50, so that one without a filter is one step. */
const chunkSize = 64
const walk = loadScript<string[]>(new URL('./walk-index.lua', import.meta.url))

/**
 * Fills a page from an index by time, newest first, reading on past what `take` answers undefined for (filtered out,
 * or aged out). Work is bounded: a filter that matches next to nothing gives short pages, not slow ones.
 */
export async function readPage<Item>(
  redis: RedisClient,
  index: string,
  range: PageRange,
  take: (id: string) => Promise<Item | undefined>,
): Promise<Page<Item>> {
  const { from = Number.NEGATIVE_INFINITY, before, size, scannedMax = 1_000 } = range
  const low = from === Number.NEGATIVE_INFINITY ? '-inf' : String(from)
  const high = before === undefined ? '+inf' : `(${before}`
  const items: Item[] = []
  let last = range.after && (before === undefined || range.after.ms < before) ? range.after : undefined
  let pageEnd: Position | undefined

  for (let scanned = 0; scanned < scannedMax; scanned += chunkSize) {
    const flat = await walk(redis, [index], [low, high, chunkSize, last?.ms ?? '', last?.id ?? ''])
    const positions = toPositions(flat)
    const taken = await Promise.all(positions.map(({ id }) => take(id)))
    for (const [at, item] of taken.entries()) {
      if (item === undefined) continue
      if (items.length === size) return { items, next: pageEnd }
      items.push(item)
      pageEnd = positions[at]
    }
    if (positions.length < chunkSize) return { items, next: undefined }
    last = positions.at(-1)
  }
  return { items, next: last }
}

const toPositions = (flat: readonly string[]): Position[] =>
  flat.flatMap((id, at) => (at % 2 === 0 ? [{ id, ms: Number(flat[at + 1]) }] : []))
