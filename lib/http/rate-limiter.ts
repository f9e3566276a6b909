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

/** A named bucket's size: requests in a minute, which may also come all at once. */
export interface Quota {
  readonly policy: string
  readonly quota: number
}

/** What a request of a class takes one out of: its session's, its user's and its practice's bucket. */
export interface Quotas {
  readonly routeClass: RouteClass
  readonly buckets: readonly [session: Quota, user: Quota, practice: Quota]
}

/** What became of it: of the bucket that is nearest to its end. */
export interface Taken {
  readonly waitMs: number
  /** Which one, from 1. */
  readonly at: number
  readonly left: number
  readonly fullInMs: number
}

export interface RateLimiter {
  /** For the session guard, which takes them in the step of the check. */
  readonly quotas: Readonly<Record<RouteClass, Quotas>>
  /** Lets one request pass, or throws `too-many-requests` with when to come back. Rejects where Redis is away. */
  admit(caller: Caller, routeClass: RouteClass): Promise<RateHeaders>
}

export interface Bucket extends Quota {
  readonly key: string
}

export const windowMs = 60_000
const file = (name: string) => new URL(`./${name}.lua`, import.meta.url)
const takeScript = loadScript<[waitMs: number, at: number, left: number, fullInMs: number]>(
  file('take-rates'),
  { prelude: [file('clock'), file('buckets')] },
)

const inSeconds = (ms: number) => Math.ceil(ms / 1_000)

/**
 * One step over all three buckets, which rate-per-key libraries take one by one: a request that the practice's bucket
 * refuses has then not been taken from the user's. They share the practice's hash tag.
 */
export function createRateLimiter(deps: { redis: RedisClient; rates: Rates }): RateLimiter {
  const quotasOf = (routeClass: RouteClass): Quotas => {
    const quota = (scope: keyof Rate): Quota => ({
      policy: `${scope}-${routeClass}`,
      quota: deps.rates[routeClass][scope],
    })
    return { routeClass, buckets: [quota('session'), quota('user'), quota('practice')] }
  }
  const quotas = {
    read: quotasOf('read'),
    write: quotasOf('write'),
    sensitive: quotasOf('sensitive'),
    stream: quotasOf('stream'),
  }
  return {
    quotas,
    admit({ practiceId, userId, tokenHash }, routeClass) {
      const names = [tokenHash, userId, 'practice']
      return takeRates(
        deps.redis,
        quotas[routeClass].buckets.map((quota, at) => ({
          ...quota,
          key: sessionKeys.rate(practiceId, `${routeClass}:${names[at]}`),
        })),
      )
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
  return rateHeaders(buckets, { waitMs, at, left, fullInMs })
}

/** Tells what was taken; throws `too-many-requests` where nothing was. */
export function rateHeaders(buckets: readonly Quota[], { waitMs, at, left, fullInMs }: Taken): RateHeaders {
  const { policy, quota } = buckets[at - 1] ?? { policy: 'requests', quota: 0 }
  const seconds = inSeconds(waitMs > 0 ? waitMs : fullInMs)
  const headers = {
    'RateLimit-Policy': `"${policy}";q=${quota};w=${inSeconds(windowMs)}`,
    RateLimit: `"${policy}";r=${left};t=${seconds}`,
  }
  if (waitMs > 0) throw new DomainError('too-many-requests', { retryAfterSeconds: seconds, headers })
  return headers
}
