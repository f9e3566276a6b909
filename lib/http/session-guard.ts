import { type Permission, permissionsOf } from '#lib/contract/permissions.ts'
import type { AssuranceLevel } from '#lib/contract/session.ts'
import { parseToken, sessionIdOf } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

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
  readonly createdAt: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
}

export interface SessionGuard {
  /**
   * The session behind a token, or undefined; every call asks Redis, so an end is seen at once. With `activity` the
   * idle time-out starts anew (at most every 30 s). Rejects when Redis is away: callers stay closed.
   */
  check(token: string, options: { activity: boolean }): Promise<ActiveSession | undefined>
  /** The same check for a session that is known by its hash: an open event stream looks again. */
  recheck(practiceId: string, tokenHash: string): Promise<ActiveSession | undefined>
}

type Reply = (string | number)[] | null
const checkSession = loadScript<Reply>(new URL('./check-session.lua', import.meta.url), { readOnly: true })

const touchEveryMs = 30_000
const touchesHeldMax = 50_000

/** Read-only against sessions: activity is reported on the touch stream, which auth-session alone applies. */
export function createSessionGuard(deps: { redis: RedisClient; now: () => number }): SessionGuard {
  const { redis, now } = deps
  const touchedAt = new Map<string, number>()

  const recheck = async (practiceId: string, tokenHash: string): Promise<ActiveSession | undefined> => {
    const keys = [
      sessionKeys.session(practiceId, tokenHash),
      sessionKeys.epoch(practiceId),
      sessionKeys.roles(practiceId),
    ]
    const reply = await checkSession(redis, keys, [sessionKeys.accessPrefix(practiceId)])
    return reply ? toSession(practiceId, tokenHash, reply) : undefined
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
    async check(token, { activity }) {
      const parsed = parseToken(token)
      if (!parsed) return undefined
      const session = await recheck(parsed.practiceId, parsed.hash)
      if (session && activity) await touch(session)
      return session
    },
  }
}

function toSession(practiceId: string, tokenHash: string, reply: (string | number)[]): ActiveSession {
  const [userId, aal, createdAt, absoluteExpiresAt, idleLeft, roles, now, ...table] = reply
  const own = pairs(table.map(String)).map(([role, list]) => [role, list.split(',')] as const)
  const held = String(roles).split(',').filter(Boolean)
  return {
    tokenHash,
    id: sessionIdOf(tokenHash),
    practiceId,
    userId: String(userId),
    aal: aal === 'aal2' ? 'aal2' : 'aal1',
    roles: held,
    permissions: own.length > 0 ? permissionsOf(held, Object.fromEntries(own)) : permissionsOf(held),
    createdAt: Number(createdAt),
    idleExpiresAt: Math.min(Number(now) + Number(idleLeft), Number(absoluteExpiresAt)),
    absoluteExpiresAt: Number(absoluteExpiresAt),
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : [],
  )
}
