import { randomUUID } from 'node:crypto'

/** A UUID of version 7 (RFC 9562 §5.7): random, and sorting by the ms it was made in. */
export function createRequestId(): string {
  const ms = Date.now().toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`
}
