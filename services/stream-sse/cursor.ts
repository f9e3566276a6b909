import type { StreamName } from '#lib/contract/events.ts'

/** A Redis Streams entry id, comparable. */
export interface EntryId {
  readonly ms: number
  readonly seq: number
}

/** How far each stream was read. One vector serves every client of an instance: frames and their ids are shared. */
export type Position = Readonly<Record<StreamName, EntryId>>

export const zeroId: EntryId = { ms: 0, seq: 0 }

export function parseEntryId(text: string): EntryId {
  const [ms, seq] = text.split('-')
  return { ms: Number(ms), seq: Number(seq ?? 0) }
}

export const formatEntryId = ({ ms, seq }: EntryId): string => `${ms}-${seq}`

export const compareIds = (a: EntryId, b: EntryId): number => a.ms - b.ms || a.seq - b.seq

/** The order in a cursor. A stream that is added later goes to the end, so that older cursors stay readable. */
const order: readonly StreamName[] = ['tebra:status', 'tebra:responses']

/** → `<epoch>.<status>.<responses>`, ids in base 36: opaque to clients, short, ASCII. */
export function formatCursor(epoch: string, position: Position): string {
  const parts = order.map((name) => `${position[name].ms.toString(36)}-${position[name].seq.toString(36)}`)
  return [epoch, ...parts].join('.')
}

/** undefined for anything that we did not make: malformed, negative, out of range. */
export function parseCursor(text: string): { epoch: string; position: Position } | undefined {
  if (!/^[0-9a-z]{8}(\.[0-9a-z]{1,10}-[0-9a-z]{1,10}){1,2}$/.test(text)) return undefined
  const [epoch = '', ...parts] = text.split('.')
  const idAt = (name: StreamName): EntryId => {
    const [ms = '0', seq = '0'] = (parts[order.indexOf(name)] ?? '0-0').split('-')
    return { ms: Number.parseInt(ms, 36), seq: Number.parseInt(seq, 36) }
  }
  return {
    epoch,
    position: { 'tebra:status': idAt('tebra:status'), 'tebra:responses': idAt('tebra:responses') },
  }
}
