import type { FieldPlace } from '#lib/crypto/field-cipher.ts'

/** Where an event's data stands: bound to its practice, its stream and itself, and to no partition. */
export const eventPlace = (practiceId: string, stream: string, eventId: string): FieldPlace => ({
  practiceId,
  key: `event:${stream}:${eventId}`,
  field: 'data',
})
