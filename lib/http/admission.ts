import { Cluster } from 'ioredis'
import type { ParsedToken } from '#lib/crypto/session-token.ts'
import { createBatch } from '#lib/redis/batch.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type ActiveSession, toSession } from './active-session.ts'
import { type Quotas, windowMs } from './rate-limiter.ts'

export interface AdmissionOptions {
  /** Another user's session is not answered, and its request not counted. */
  readonly userId?: string | undefined
  /** Reads the user's sealed address along, which auth-session alone may. */
  readonly withAddress?: boolean | undefined
}

interface Asked extends ParsedToken {
  readonly userId: string | undefined
}
type Ask = (asked: Asked) => Promise<string | null>

const file = (name: string) => new URL(`./${name}.lua`, import.meta.url)
const admitRequests = loadScript<(string | null | Error)[]>(file('admit-requests'), {
  beyondKeys: true,
  prelude: [file('clock'), file('read-session'), file('buckets')],
})

/** So many take Redis about a millisecond, for which all others wait. */
const requestsMax = 32

/**
 * Checks a request's session and takes the request out of its buckets, where the session is good. The requests of one
 * kind that come in one turn of the event loop are one step of Redis, because most of what a check costs is the way
 * there; in a Cluster those of one practice, which has a slot of its own.
 */
export function createAdmission(redis: RedisClient) {
  /** By kind: the four of a service's limiter, with and without the address. */
  const asks = new Map<Quotas, Record<'plain' | 'addressed', Ask>>()
  const asksOf = (quotas: Quotas): Record<'plain' | 'addressed', Ask> => {
    const known = asks.get(quotas)
    if (known) return known
    const made = { plain: joined(redis, quotas, ''), addressed: joined(redis, quotas, 1) }
    asks.set(quotas, made)
    return made
  }

  return async (
    { practiceId, hash }: ParsedToken,
    quotas: Quotas,
    { userId, withAddress }: AdmissionOptions,
  ): Promise<ActiveSession | undefined> => {
    const { plain, addressed } = asksOf(quotas)
    const reply = await (withAddress ? addressed : plain)({ practiceId, hash, userId })
    if (reply === null) return undefined
    const [waitMs, at, left, fullInMs, sealedAddress, ...checked] = reply.split('\n')
    const taken = {
      waitMs: Number(waitMs),
      at: Number(at),
      left: Number(left),
      fullInMs: Number(fullInMs),
    }
    return toSession(practiceId, hash, checked, { taken, sealedAddress: sealedAddress || undefined })
  }
}

function joined(redis: RedisClient, { routeClass, buckets }: Quotas, withAddress: 1 | ''): Ask {
  const common = [windowMs, ...buckets.map(({ quota }) => quota), withAddress]
  return createBatch(
    (asked: readonly Asked[]) =>
      admitRequests(
        redis,
        asked.map(({ practiceId, hash }) => sessionKeys.rate(practiceId, `${routeClass}:${hash}`)),
        [...common, ...asked.map(({ userId }) => userId ?? '')],
      ),
    {
      itemsMax: requestsMax,
      ...(redis instanceof Cluster && { apart: ({ practiceId }: Asked) => practiceId }),
    },
  )
}
