import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { onePartition } from '#lib/testing/one-partition.ts'
import { eventPlace } from '../event-place.ts'

export interface ToldEvent {
  readonly stream: string
  readonly userId: string
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A practice's events on the bus, opened, oldest first. */
export async function toldEvents(
  { redis, cipher }: { redis: RedisClient; cipher: FieldCipher },
  practiceId: string,
): Promise<ToldEvent[]> {
  const entries = await redis.xrange(onePartition.of(practiceId).practiceEvents(practiceId), '-', '+')
  return Promise.all(
    entries.map(async ([, flat]) => {
      const field = (name: string) => flat[flat.indexOf(name) + 1] ?? ''
      const stream = field('stream')
      const text = await cipher.decrypt(eventPlace(practiceId, stream, field('eventId')), field('data'))
      return { stream, userId: field('userId'), event: field('event'), data: JSON.parse(text) }
    }),
  )
}
