import { queueKeys } from '#lib/redis/keys.ts'
import type { FieldPlace } from './field-cipher.ts'

/** Where a request's sealed params and result stand: the worker seals them there, the event stream opens them. */
export const placeOf = (practiceId: string, requestId: string, field: 'params' | 'result'): FieldPlace => ({
  practiceId,
  key: queueKeys.request(requestId),
  field,
})
