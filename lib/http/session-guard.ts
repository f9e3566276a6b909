import { type ParsedToken, parseToken } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type ActiveSession, toSession } from './active-session.ts'
import { practiceBucket, type Quotas, windowMs } from './rate-limiter.ts'

export interface CheckOptions {
  /** Starts the idle time-out anew (at most every 30 s). */
  readonly activity: boolean
  /** Another user's session is not answered and not touched. */
  readonly userId?: string | undefined
  /** Takes the request out of these buckets in the same step, where the session is good. */
  readonly quotas?: Quotas | undefined
  /** Reads the user's sealed address in the same step, which auth-session alone may; with `quotas`. */
  readonly withAddress?: boolean | undefined
}

export interface SessionGuard {
  /**
   * The session behind a token, or undefined; every call asks Redis in one step, so an end or a change of roles is seen
   * at once and there is no cache to go stale. Rejects when Redis is away: callers stay closed.
   */
  check(token: string, options: CheckOptions): Promise<ActiveSession | undefined>
  /** The same check for a session that is known by its hash: an open event stream looks again. */
  recheck(practiceId: string, tokenHash: string): Promise<ActiveSession | undefined>
}

const file = (name: string) => new URL(`./${name}.lua`, import.meta.url)
const checkSession = loadScript<string | null>(file('check-session'), {
  readOnly: true,
  prelude: [file('clock'), file('read-session')],
})
const admitRequest = loadScript<string | null>(file('admit-request'), {
  prelude: [file('clock'), file('read-session'), file('buckets')],
})

const touchEveryMs = 30_000
const touchesHeldMax = 50_000

/** Writes no session: activity is reported on the touch stream, which auth-session alone applies. */
export function createSessionGuard(deps: { redis: RedisClient; now: () => number }): SessionGuard {
  const { redis, now } = deps
  const touchedAt = new Map<string, number>()

  const recheck = async (practiceId: string, tokenHash: string): Promise<ActiveSession | undefined> => {
    const reply = await checkSession(
      redis,
      [
        sessionKeys.session(practiceId, tokenHash),
        sessionKeys.epoch(practiceId),
        sessionKeys.roles(practiceId),
        sessionKeys.secondFactorRoles(practiceId),
      ],
      [sessionKeys.practicePrefix(practiceId)],
    )
    return reply === null ? undefined : toSession(practiceId, tokenHash, reply.split('\n'))
  }

  const admit = async (
    { practiceId, hash }: ParsedToken,
    { routeClass, buckets }: Quotas,
    { userId, withAddress = false }: CheckOptions,
  ): Promise<ActiveSession | undefined> => {
    const rate = (name: string) => sessionKeys.rate(practiceId, `${routeClass}:${name}`)
    const [session, user, practice] = buckets
    const reply = await admitRequest(
      redis,
      [rate(hash), rate(practiceBucket)],
      [
        sessionKeys.practicePrefix(practiceId),
        userId ?? '',
        withAddress ? 1 : '',
        windowMs,
        session.quota,
        user.quota,
        practice.quota,
      ],
    )
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

  const touch = async (session: ActiveSession): Promise<void> => {
    const at = now()
    if (at - (touchedAt.get(session.tokenHash) ?? Number.NEGATIVE_INFINITY) < touchEveryMs) return
    if (touchedAt.size >= touchesHeldMax) touchedAt.clear()
    touchedAt.set(session.tokenHash, at)
    await redis.xadd(
      sessionKeys.touches,
      'MAXLEN',
      '~',
      10_000,
      '*',
      'p',
      session.practiceId,
      'h',
      session.tokenHash,
    )
  }

  return {
    recheck,
    async check(token, options) {
      const parsed = parseToken(token)
      if (!parsed) return undefined
      const { activity, userId, quotas } = options
      const session = await (quotas
        ? admit(parsed, quotas, options)
        : recheck(parsed.practiceId, parsed.hash))
      if (userId !== undefined && session?.userId !== userId) return undefined
      if (session && activity) await touch(session)
      return session
    },
  }
}
