import { randomUUID } from 'node:crypto'

let stamp = { ms: 0, text: '' }

/** A UUID of version 7 (RFC 9562 §5.7): random, and sorting by the ms it was made in. */
export function createRequestId(): string {
  const ms = Date.now()
  if (ms !== stamp.ms) stamp = { ms, text: stampOf(ms) }
  return `${stamp.text}${randomUUID().slice(15)}`
}

function stampOf(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`
}
