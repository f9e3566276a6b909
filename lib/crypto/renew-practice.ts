import { mastersOf, type RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { Partitions } from '#lib/redis/partitions.ts'
import type { FieldCipher, FieldPlace } from './field-cipher.ts'
import { renewFields } from './renew-fields.ts'
import { placeOf } from './request-place.ts'

const requestFields = ['params', 'result', 'note'] as const
const isSealed = (text: string): boolean => /^v1\.[^.]+\.[\w-]{16}\.[\w-]*\.[\w-]{22}$/.test(text)
/** Idle sessions are gone in minutes and all in hours, so that nobody has to renew them. */
const isSession = (practiceId: string, key: string) => key.startsWith(sessionKeys.sessionPrefix(practiceId))

/**
 * Puts everything of a practice that outlives its requests' retention under the current data key: what is kept of its
 * users, and its dead letters. What is read is renewed by itself; this also reaches what nobody reads.
 */
export function createRenewPractice(deps: {
  redis: RedisClient
  cipher: FieldCipher
  partitions: Partitions
}) {
  const { redis, partitions } = deps

  /** Users' hashes bind themselves: the place of a field is its key and its name. */
  const renewUsers = async (practiceId: string): Promise<number> => {
    let renewed = 0
    for (const node of mastersOf(redis))
      for await (const keys of node.scanStream({ match: `{p:${practiceId}}:*`, type: 'hash', count: 1_000 }))
        for (const key of keys as string[])
          if (!isSession(practiceId, key))
            renewed += await renewHash(key, (field) => ({ practiceId, key, field }))
    return renewed
  }

  const renewDeadLetters = async (practiceId: string): Promise<number> => {
    const queue = partitions.of(practiceId)
    let renewed = 0
    for (const id of await redis.zrange(queue.dead(practiceId), '0', '-1'))
      renewed += await renewHash(queue.request(id), (field) => {
        const known = requestFields.find((name) => name === field)
        return known && placeOf(practiceId, id, known)
      })
    return renewed
  }

  const renewHash = async (
    key: string,
    placeOfField: (field: string) => FieldPlace | undefined,
  ): Promise<number> => {
    const stored = Object.entries(await redis.hgetall(key)).flatMap(([field, sealed]) => {
      const place = isSealed(sealed) ? placeOfField(field) : undefined
      return place ? [{ field, sealed, place }] : []
    })
    return renewFields(deps, key, stored)
  }

  return async (practiceId: string): Promise<{ users: number; deadLetters: number }> => ({
    users: await renewUsers(practiceId),
    deadLetters: await renewDeadLetters(practiceId),
  })
}
