/** A place in an index by time: what comes after it is older, or of the same ms with a lesser id. */
export interface Position {
  readonly ms: number
  readonly id: string
}

const msBytes = 6

/** A position → 22 bytes in base64url (`PageCursor`). */
export function toCursor({ ms, id }: Position): string {
  const bytes = Buffer.alloc(msBytes)
  bytes.writeUIntBE(ms, 0, msBytes)
  return Buffer.concat([bytes, Buffer.from(id.replaceAll('-', ''), 'hex')]).toString('base64url')
}

export function fromCursor(cursor: string): Position {
  const bytes = Buffer.from(cursor, 'base64url')
  const id = bytes.toString('hex', msBytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { ms: bytes.readUIntBE(0, msBytes), id }
}

/** The part of an index that a query asks for: from the instant `from` to before `to`, on from `cursor`. */
export const rangeOf = (query: {
  from?: string | undefined
  to?: string | undefined
  cursor?: string | undefined
}) => ({
  ...(query.from !== undefined && { from: Date.parse(query.from) }),
  ...(query.to !== undefined && { before: Date.parse(query.to) }),
  ...(query.cursor !== undefined && { after: fromCursor(query.cursor) }),
})
