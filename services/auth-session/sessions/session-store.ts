import type { AssuranceLevel, SessionView } from '#lib/contract/session.ts'
import { createToken, parseToken, sessionIdOf } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

/** How long a session lives, in ms, and how many one user may hold. */
export interface SessionLimits {
  readonly idleMs: number
  readonly absoluteMs: number
  readonly perUserMax: number
}

export interface OpenedSession {
  /** Leaves the process once, with the answer; Redis knows its SHA-256 only. */
  readonly token: string
  readonly tokenHash: string
  readonly view: SessionView
}

/** The only writer of sessions. Times are by Redis' clock. */
export interface SessionStore {
  /** undefined where the user is unknown or disabled at this moment. */
  open(practiceId: string, userId: string, aal: AssuranceLevel): Promise<OpenedSession | undefined>
  /** Refused from here on, and published. Answers whose session it was, undefined where there was none. */
  end(practiceId: string, tokenHash: string): Promise<string | undefined>
  /**
   * Restarts the idle time-out as of `activityAt` (now where it is left out): never shortens it, never passes the
   * absolute one, never brings an ended session back. Answers when the session expires now, in ms; 0 if it is gone.
   */
  touch(practiceId: string, tokenHash: string, activityAt?: number): Promise<number>
}

const openScript = loadScript<[number, number, number] | null>(new URL('./open-session.lua', import.meta.url))
const endScript = loadScript<string | null>(new URL('./end-session.lua', import.meta.url))
const touchScript = loadScript<number>(new URL('./touch.lua', import.meta.url))

const instant = (ms: number) => new Date(ms).toISOString()

export function createSessionStore(deps: { redis: RedisClient; limits: SessionLimits }): SessionStore {
  const { redis, limits } = deps
  return {
    async open(practiceId, userId, aal) {
      const token = createToken(practiceId)
      const tokenHash = parseToken(token)?.hash
      if (tokenHash === undefined) throw new Error('the practice cannot stand in a token')
      const keys = [
        sessionKeys.session(practiceId, tokenHash),
        sessionKeys.access(practiceId, userId),
        sessionKeys.epoch(practiceId),
        sessionKeys.sessionsOf(practiceId, userId),
      ]
      const reply = await openScript(redis, keys, [
        userId,
        aal,
        tokenHash,
        limits.idleMs,
        limits.absoluteMs,
        limits.perUserMax,
        sessionKeys.sessionPrefix(practiceId),
        channels.sessionEnded,
        practiceId,
      ])
      if (!reply) return undefined
      const [createdAt, idleExpiresAt, absoluteExpiresAt] = reply
      const view: SessionView = {
        id: sessionIdOf(tokenHash),
        aal,
        createdAt: instant(createdAt),
        idleExpiresAt: instant(idleExpiresAt),
        absoluteExpiresAt: instant(absoluteExpiresAt),
      }
      return { token, tokenHash, view }
    },

    async end(practiceId, tokenHash) {
      const userId = await endScript(
        redis,
        [sessionKeys.session(practiceId, tokenHash)],
        [tokenHash, sessionKeys.sessionsOfPrefix(practiceId), channels.sessionEnded, practiceId],
      )
      return userId ?? undefined
    },

    touch: (practiceId, tokenHash, activityAt = Number.MAX_SAFE_INTEGER) =>
      touchScript(redis, [sessionKeys.session(practiceId, tokenHash)], [activityAt, limits.idleMs]),
  }
}
