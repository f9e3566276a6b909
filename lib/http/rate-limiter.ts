import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { DomainError } from './domain-error.ts'

/** What a route costs is told by its kind, not by its name, so that a new route is limited from its first day. */
export type RouteClass = 'read' | 'write' | 'sensitive' | 'stream'

/** Requests a minute that one session, one user and one practice may make of a class. */
export interface Rate {
  readonly session: number
  readonly user: number
  readonly practice: number
}
export type Rates = Readonly<Record<RouteClass, Rate>>

/** The fields to answer with: draft-ietf-httpapi-ratelimit-headers-10, of the bucket that is nearest to its end. */
export type RateHeaders = Readonly<Record<'RateLimit-Policy' | 'RateLimit', string>>

interface Caller {
  readonly practiceId: string
  readonly userId: string
  readonly tokenHash: string
}

export interface RateLimiter {
  /** Lets one request pass, or throws `too-many-requests` with when to come back. Rejects where Redis is away. */
  admit(caller: Caller, routeClass: RouteClass): Promise<RateHeaders>
}

export interface Bucket {
  readonly policy: string
  readonly key: string
  /** Requests in a minute, which may also come all at once. */
  readonly quota: number
}

const windowMs = 60_000
type Reply = [waitMs: number, bucket: number, left: number, fullInMs: number]
const takeScript = loadScript<Reply>(new URL('./take-rates.lua', import.meta.url))

const inSeconds = (ms: number) => Math.ceil(ms / 1_000)

/**
 * One step over all three buckets, which rate-per-key libraries take one by one: a request that the practice's bucket
 * refuses has then not been taken from the user's. They share the practice's hash tag.
 */
export function createRateLimiter(deps: { redis: RedisClient; rates: Rates }): RateLimiter {
  return {
    admit({ practiceId, userId, tokenHash }, routeClass) {
      const rate = deps.rates[routeClass]
      const bucket = (scope: keyof Rate, name: string): Bucket => ({
        policy: `${scope}-${routeClass}`,
        key: sessionKeys.rate(practiceId, `${routeClass}:${name}`),
        quota: rate[scope],
      })
      return takeRates(deps.redis, [
        bucket('session', tokenHash),
        bucket('user', userId),
        bucket('practice', 'practice'),
      ])
    },
  }
}

/** Takes one request out of every bucket or of none; throws `too-many-requests`. The keys share a hash tag. */
export async function takeRates(redis: RedisClient, buckets: readonly Bucket[]): Promise<RateHeaders> {
  const [waitMs, at, left, fullInMs] = await takeScript(
    redis,
    buckets.map(({ key }) => key),
    [windowMs, ...buckets.map(({ quota }) => quota)],
  )
  const { policy, quota } = buckets[at - 1] ?? { policy: 'requests', quota: 0 }
  const seconds = inSeconds(waitMs > 0 ? waitMs : fullInMs)
  const headers = {
    'RateLimit-Policy': `"${policy}";q=${quota};w=${inSeconds(windowMs)}`,
    RateLimit: `"${policy}";r=${left};t=${seconds}`,
  }
  if (waitMs > 0) throw new DomainError('too-many-requests', { retryAfterSeconds: seconds, headers })
  return headers
}
