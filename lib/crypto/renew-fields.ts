import type { RedisClient } from '#lib/redis/connect.ts'
import type { FieldCipher, FieldPlace } from './field-cipher.ts'
import { swapField } from './swap-field.ts'

export interface StoredField {
  readonly field: string
  /** As it was just read. */
  readonly sealed: string
  readonly place: FieldPlace
}

/**
 * Puts those of a hash's sealed fields that are under an earlier data key under the current one. A field that somebody
 * changes meanwhile is left as they wrote it. Answers how many were renewed.
 */
export async function renewFields(
  deps: { redis: RedisClient; cipher: FieldCipher },
  key: string,
  fields: readonly StoredField[],
): Promise<number> {
  const renewed = await Promise.all(
    fields.map(async ({ field, sealed, place }) => {
      const next = await deps.cipher.renew(place, sealed)
      return next !== undefined && swapField(deps.redis, key, field, { from: sealed, to: next })
    }),
  )
  return renewed.filter(Boolean).length
}

/** The same for who reads and only renews by the way: what cannot be renewed now is left to the next read. */
export const renewByTheWay = (...args: Parameters<typeof renewFields>): Promise<number> =>
  renewFields(...args).catch(() => 0)
