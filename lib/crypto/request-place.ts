import { queueKeys } from '#lib/redis/keys.ts'
import type { FieldPlace } from './field-cipher.ts'

/** Where a request's sealed texts stand: its params, its result, and the note an operator settled it with. */
export const placeOf = (
  practiceId: string,
  requestId: string,
  field: 'params' | 'result' | 'note',
): FieldPlace => ({
  practiceId,
  key: queueKeys.request(requestId),
  field,
})
