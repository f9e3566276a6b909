import type { EmptyMode } from '../simulator.ts'
import type { Tree } from '../soap/xml-writer.ts'

/** An error that the service reports inside HTTP 200, as ErrorResponse with IsError. */
export class OperationError extends Error {}

/** What a .NET service says when it forgot to check for null (observed live behaviour: a missing Filter). */
export const nullReference = () => new OperationError('Object reference not set to an instance of an object.')

/** What an operation answers beside ErrorResponse and SecurityResponse. */
export type Payload =
  | { kind: 'list'; list: string; row: string; rows: Tree[]; idName: string }
  | { kind: 'value'; name: string; value: Tree | string | null }

export const listOf = (list: string, row: string, rows: Tree[], idName = 'ID'): Payload => ({
  kind: 'list',
  list,
  row,
  rows,
  idName,
})

/** The three looks of an answer without rows (observed live behaviour). */
export const writePayload = (payload: Payload, empty: Exclude<EmptyMode, 'mixed'>): Tree => {
  if (payload.kind === 'value') return { [payload.name]: payload.value }
  const { list, row, rows, idName } = payload
  if (rows.length > 0) return { [list]: { [row]: rows } }
  if (empty === 'nil') return { [list]: null }
  return { [list]: empty === 'empty' ? {} : { [row]: [{ [idName]: '' }] } }
}

/** Puts the row that stands for nothing before the real ones. */
export const withPlaceholder = (payload: Payload): Payload =>
  payload.kind === 'list' ? { ...payload, rows: [{ [payload.idName]: '' }, ...payload.rows] } : payload
