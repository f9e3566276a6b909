import type { StreamName } from '#lib/contract/events.ts'

/** A Redis Streams entry id, comparable. */
export interface EntryId {
  readonly ms: number
  readonly seq: number
}

/** What a partition is read from, in the order of a cursor; `events` carries every stream of the bus. */
export const sources = ['tebra:status', 'tebra:responses', 'events'] as const
export type Source = (typeof sources)[number]

export const sourceOf = (stream: StreamName): Source =>
  stream === 'tebra:status' || stream === 'tebra:responses' ? stream : 'events'

/** How far each source was read. One vector serves every client of an instance: frames and their ids are shared. */
export type Position = Readonly<Record<Source, EntryId>>

export const positionOf = (idOf: (source: Source) => EntryId): Position => ({
  'tebra:status': idOf('tebra:status'),
  'tebra:responses': idOf('tebra:responses'),
  events: idOf('events'),
})

export const zeroId: EntryId = { ms: 0, seq: 0 }
export const startOfTime: Position = positionOf(() => zeroId)

export function parseEntryId(text: string): EntryId {
  const dash = text.indexOf('-')
  return dash < 0
    ? { ms: Number(text), seq: 0 }
    : { ms: Number(text.slice(0, dash)), seq: Number(text.slice(dash + 1)) }
}

export const formatEntryId = ({ ms, seq }: EntryId): string => `${ms}-${seq}`

export const compareIds = (a: EntryId, b: EntryId): number => a.ms - b.ms || a.seq - b.seq

/** Whether `a` has come as far as `b`, in every source. */
export const isAtLeast = (a: Position, b: Position): boolean =>
  sources.every((source) => compareIds(a[source], b[source]) >= 0)

/** → `<epoch>.<status>.<responses>.<events>`, ids in base 36: opaque to clients, short, ASCII. */
export function formatCursor(epoch: string, position: Position): string {
  let cursor = epoch
  for (const source of sources)
    cursor += `.${position[source].ms.toString(36)}-${position[source].seq.toString(36)}`
  return cursor
}

/** undefined for anything that we did not make: malformed, negative, out of range. */
export function parseCursor(text: string): { epoch: string; position: Position } | undefined {
  if (!/^[0-9a-z]{8}(\.[0-9a-z]{1,10}-[0-9a-z]{1,10}){3}$/.test(text)) return undefined
  const [epoch = '', ...parts] = text.split('.')
  const position = positionOf((source) => {
    const [ms = '', seq = ''] = (parts[sources.indexOf(source)] ?? '').split('-')
    return { ms: Number.parseInt(ms, 36), seq: Number.parseInt(seq, 36) }
  })
  return { epoch, position }
}
