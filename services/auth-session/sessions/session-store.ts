import type { AssuranceLevel, SessionView } from '#lib/contract/session.ts'
import { createToken, parseToken } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'
import { type Rotated, type Times, viewOf } from './session-view.ts'

/** How long a session lives, in ms, and how many one user may hold. */
export interface SessionLimits {
  readonly idleMs: number
  readonly absoluteMs: number
  readonly perUserMax: number
}

/** Where a session is used from: told by a keyed digest, and sealed for its owner to read. */
export interface SeenDevice {
  readonly digest: string
  readonly sealed: string
}

export interface Beginning {
  /** `User.epochs` as it was before the user proved anything: a revocation since then refuses the session. */
  readonly epochs?: string
  readonly device?: SeenDevice
  /** It was proved by a password that somebody else chose. */
  readonly firstPassword?: boolean
}

export interface Proved {
  readonly aal: AssuranceLevel
  /** Ends the user's other sessions in the same step. */
  readonly endOthers?: boolean
  /** The hash, sealed, of a new password of the user's own, stored in the same step. */
  readonly passwordHash?: string
}

export interface SessionToken {
  /** Leaves the process once, with the answer; Redis knows its SHA-256 only. */
  readonly token: string
  readonly tokenHash: string
  readonly view: SessionView
}

export interface OpenedSession extends SessionToken {
  /** The user has signed in before, and never from a browser and network like this. */
  readonly newDevice: boolean
  readonly otherSessions: number
}

/** The only writer of sessions. Times are by Redis' clock. */
export interface SessionStore {
  readonly limits: SessionLimits
  /** undefined where the user is unknown or disabled at this moment, or was revoked since `epochs`. */
  open(
    practiceId: string,
    userId: string,
    aal: AssuranceLevel,
    beginning?: Beginning,
  ): Promise<OpenedSession | undefined>
  /**
   * A new token for the same session, at that level and proved just now: same begin, same absolute expiry. The old
   * token is refused from then on. undefined where the session is gone or refused.
   */
  rotate(practiceId: string, tokenHash: string, proved: Proved): Promise<SessionToken | undefined>
  /** Refused from here on, and published. Answers whose session it was, undefined where there was none. */
  end(practiceId: string, tokenHash: string): Promise<string | undefined>
  /**
   * Restarts the idle time-out as of `activityAt` (now where it is left out): never takes from a later activity,
   * never passes the absolute expiry, never brings an ended session back. Answers when the session expires now, in
   * ms; 0 if it is gone.
   */
  touch(practiceId: string, tokenHash: string, activityAt?: number): Promise<number>
}

const shared = { beyondKeys: true, prelude: new URL('./session-times.lua', import.meta.url) }
const openScript = loadScript<[...Times, number, number] | null>(
  new URL('./open-session.lua', import.meta.url),
  shared,
)
const rotateScript = loadScript<Rotated | null>(new URL('./rotate-session.lua', import.meta.url), shared)
const touchScript = loadScript<number>(new URL('./touch.lua', import.meta.url), shared)
const endScript = loadScript<[userId: string, emergency: string] | null>(
  new URL('./end-session.lua', import.meta.url),
  { beyondKeys: true },
)

/** A browser and network not seen for this long is new again. */
const deviceMs = 90 * 24 * 3_600_000
const devicesMax = 50

export function createSessionStore(deps: { redis: RedisClient; limits: SessionLimits }): SessionStore {
  const { redis, limits } = deps
  return {
    limits,

    async open(practiceId, userId, aal, { epochs = '', device, firstPassword = false } = {}) {
      const { token, tokenHash } = newToken(practiceId)
      const reply = await openScript(
        redis,
        [
          sessionKeys.session(practiceId, tokenHash),
          sessionKeys.access(practiceId, userId),
          sessionKeys.epoch(practiceId),
          sessionKeys.sessionsOf(practiceId, userId),
          sessionKeys.sessionLimits(practiceId),
          sessionKeys.devices(practiceId, userId),
        ],
        [
          userId,
          aal,
          tokenHash,
          limits.idleMs,
          limits.absoluteMs,
          limits.perUserMax,
          sessionKeys.sessionPrefix(practiceId),
          channels.sessionEnded,
          practiceId,
          epochs,
          device?.sealed ?? '',
          device?.digest ?? '',
          deviceMs,
          devicesMax,
          firstPassword ? 1 : '',
        ],
      )
      if (!reply) return undefined
      const [createdAt, idleExpiresAt, absoluteExpiresAt, newDevice, otherSessions] = reply
      const view = viewOf(tokenHash, aal, [
        createdAt,
        idleExpiresAt,
        absoluteExpiresAt,
        firstPassword ? 1 : 0,
      ])
      return { token, tokenHash, view, newDevice: newDevice === 1, otherSessions }
    },

    async rotate(practiceId, oldHash, { aal, endOthers = false, passwordHash = '' }) {
      const { token, tokenHash } = newToken(practiceId)
      const reply = await rotateScript(
        redis,
        [
          sessionKeys.session(practiceId, oldHash),
          sessionKeys.session(practiceId, tokenHash),
          sessionKeys.epoch(practiceId),
          sessionKeys.sessionLimits(practiceId),
        ],
        [
          oldHash,
          tokenHash,
          aal,
          limits.idleMs,
          limits.absoluteMs,
          sessionKeys.sessionsOfPrefix(practiceId),
          sessionKeys.accessPrefix(practiceId),
          sessionKeys.userPrefix(practiceId),
          channels.sessionEnded,
          practiceId,
          endOthers ? 1 : 0,
          passwordHash,
        ],
      )
      return reply ? { token, tokenHash, view: viewOf(tokenHash, aal, reply) } : undefined
    },

    async end(practiceId, tokenHash) {
      const reply = await endScript(
        redis,
        [sessionKeys.session(practiceId, tokenHash)],
        [
          tokenHash,
          sessionKeys.sessionsOfPrefix(practiceId),
          sessionKeys.accessPrefix(practiceId),
          channels.sessionEnded,
          practiceId,
        ],
      )
      if (!reply) return undefined
      const [userId, emergency] = reply
      // Its end is due now; where this is lost, it is audited when its time runs out.
      if (emergency !== '')
        await redis.zadd(sessionKeys.emergenciesDue, 'XX', 0, `${practiceId}/${emergency}`)
      return userId
    },

    touch: (practiceId, tokenHash, activityAt = Number.MAX_SAFE_INTEGER) =>
      touchScript(
        redis,
        [sessionKeys.session(practiceId, tokenHash), sessionKeys.sessionLimits(practiceId)],
        [activityAt, limits.idleMs, limits.absoluteMs],
      ),
  }
}

function newToken(practiceId: string): { token: string; tokenHash: string } {
  const token = createToken(practiceId)
  const tokenHash = parseToken(token)?.hash
  if (tokenHash === undefined) throw new Error('the practice cannot stand in a token')
  return { token, tokenHash }
}
