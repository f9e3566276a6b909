import type { FieldPlace } from './field-cipher.ts'

/**
 * Where a request's sealed texts stand: its params, its result, and the note an operator settled it with. It names no
 * Redis key, so that a practice may move to another partition.
 */
export const placeOf = (
  practiceId: string,
  requestId: string,
  field: 'params' | 'result' | 'note',
): FieldPlace => ({
  practiceId,
  key: `request:${requestId}`,
  field,
})
