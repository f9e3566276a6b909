import { parseToken } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type ActiveSession, toSession } from './active-session.ts'
import { type AdmissionOptions, createAdmission } from './admission.ts'
import type { Quotas } from './rate-limiter.ts'

export interface CheckOptions extends AdmissionOptions {
  /** Starts the idle time-out anew (at most every 30 s). */
  readonly activity: boolean
  /** Takes the request out of these buckets in the same step, where the session is good; an address is read with them. */
  readonly quotas?: Quotas | undefined
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
  beyondKeys: true,
  prelude: [file('clock'), file('read-session')],
})

const touchEveryMs = 30_000
const touchesHeldMax = 50_000

/** Writes no session: activity is reported on the touch stream, which auth-session alone applies. */
export function createSessionGuard(deps: { redis: RedisClient; now: () => number }): SessionGuard {
  const { redis, now } = deps
  const admit = createAdmission(redis)
  const touchedAt = new Map<string, number>()

  const recheck = async (practiceId: string, tokenHash: string): Promise<ActiveSession | undefined> => {
    const reply = await checkSession(
      redis,
      [sessionKeys.session(practiceId, tokenHash)],
      [sessionKeys.practicePrefix(practiceId)],
    )
    return reply === null ? undefined : toSession(practiceId, tokenHash, reply.split('\n'))
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
