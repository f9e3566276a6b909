/** A record of an answer: texts by name from XML; from JSON also numbers and booleans. */
export type Row = Readonly<Record<string, unknown>>

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member as trimmed text; undefined when it is absent, nil or blank. */
export function textIn(row: Row | undefined, name: string): string | undefined {
  const value = row?.[name]
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** A member that has members of its own. */
export function rowIn(row: Row | undefined, name: string): Row | undefined {
  const value = row?.[name]
  return isRow(value) ? value : undefined
}

export const isTrueIn = (row: Row | undefined, name: string): boolean =>
  textIn(row, name)?.toLowerCase() === 'true'

/**
 * The rows of `<list><row/>…</list>`. Empty is nil, no row or one placeholder without an id, and one row alone is no
 * array: a row without an id stands for nothing and is dropped (observed live).
 */
export function rowsIn(result: Row, list: string, name: string, idName = 'ID'): Row[] {
  const found = rowIn(result, list)?.[name] ?? result[list]
  const rows = Array.isArray(found) ? found : [found]
  return rows.filter(isRow).filter((row) => textIn(row, idName) !== undefined)
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what is undefined: an absent value is an absent property. */
export const present = <T extends object>(values: T): Present<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>
