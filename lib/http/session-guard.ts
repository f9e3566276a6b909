import type { Permission } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import { type ParsedToken, parseToken, sessionIdOf } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { grantsOf } from './grants.ts'
import { practiceBucket, type Quotas, type Taken, windowMs } from './rate-limiter.ts'

/** A session that was good at the moment of the check. Times in ms since the epoch, by Redis' clock. */
export interface ActiveSession {
  readonly tokenHash: string
  /** First 16 hex digits of the token's hash: the session's name in logs, audit and answers. */
  readonly id: string
  readonly practiceId: string
  readonly userId: string
  readonly aal: AssuranceLevel
  readonly roles: readonly string[]
  readonly permissions: readonly Permission[]
  /** What it would grant beside those if a second factor were proved. */
  readonly withheld: readonly Permission[]
  /** Opened by a password that somebody else chose: it may do nothing until its holder has chosen another one. */
  readonly mustChangePassword: boolean
  readonly createdAt: number
  /** When its holder last proved a factor; a sensitive route asks that it be fresh. */
  readonly provedAt: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
  /** Until when emergency access widens the permissions, where it does. */
  readonly emergencyUntil?: number | undefined
  /** When this was true, so that ages are told without a host's clock. */
  readonly checkedAt: number
  /** What became of the request in its rate limits, where the check took it out of them. */
  readonly taken?: Taken | undefined
  /** The user's address as it is kept, where the check was asked for it and there is one. */
  readonly sealedAddress?: string | undefined
}

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
  prelude: file('read-session'),
})
const admitRequest = loadScript<string | null>(file('admit-request'), {
  prelude: [file('read-session'), file('buckets')],
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

function toSession(
  practiceId: string,
  tokenHash: string,
  checked: readonly string[],
  along: Pick<ActiveSession, 'taken' | 'sealedAddress'> = {},
): ActiveSession {
  const [
    userId = '',
    aal,
    createdAt,
    absoluteExpiresAt,
    provedAt,
    idleExpiresAt,
    roles = '',
    now,
    added = '',
    emergency,
    firstPassword,
    ...table
  ] = checked
  const emergencyUntil = Number(emergency)
  const mustChangePassword = firstPassword === '1'
  const secondFactor = aal === 'aal2'
  const grants = grantsOf({
    roles,
    added,
    table,
    secondFactor,
    emergency: emergencyUntil > 0,
    mustChangePassword,
  })
  return {
    tokenHash,
    id: sessionIdOf(tokenHash),
    practiceId,
    userId,
    aal: secondFactor ? 'aal2' : 'aal1',
    roles: grants.roles,
    permissions: grants.permissions,
    withheld: grants.withheld,
    mustChangePassword,
    createdAt: Number(createdAt),
    provedAt: Number(provedAt),
    idleExpiresAt: Math.min(Number(idleExpiresAt), Number(absoluteExpiresAt)),
    absoluteExpiresAt: Number(absoluteExpiresAt),
    emergencyUntil: emergencyUntil > 0 ? emergencyUntil : undefined,
    checkedAt: Number(now),
    taken: along.taken,
    sealedAddress: along.sealedAddress,
  }
}
