import { v7 as uuidv7 } from 'uuid'
import { EmergencyAccess } from '#lib/contract/emergency.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'
import { loadScript } from '#lib/redis/script.ts'
import { instant } from '../sessions/instant.ts'

/** How long a use is listed for review; the audit log keeps it longer. */
const keptMs = 400 * 24 * 3_600_000
const listedMax = 10_000
const pageMax = 100
/** Longer than a command may take, so that a slow caller and the next one do not audit the same end. */
export const auditLeaseMs = 15_000

const announceScript = loadScript<number>(new URL('./announce.lua', import.meta.url))
const elevateScript = loadScript<number>(new URL('./elevate.lua', import.meta.url))
const endScript = loadScript<[string, string, string, number]>(
  new URL('./end-emergency.lua', import.meta.url),
  { beyondKeys: true },
)
const claimDueScript = loadScript<string[]>(new URL('./claim-due.lua', import.meta.url))

/** Names one use of emergency access. */
export interface Use {
  readonly practiceId: string
  readonly id: string
}

export interface Ending {
  readonly userId: string
  readonly endedBy: string
  /** Somebody had the duty to audit it before and may have done so. */
  readonly again: boolean
}

/** Uses of emergency access; times by Redis' clock. */
export interface EmergencyStore {
  /** Writes it down; it grants nothing yet and is due to be ended like any other. */
  announce(whose: {
    practiceId: string
    userId: string
    sessionId: string
    reason: string
  }): Promise<EmergencyAccess>
  /** It counts from here on. False where the session is gone or has one running. */
  elevate(use: Use, session: { tokenHash: string; userId: string }): Promise<boolean>
  /** Which use runs in the session. */
  running(practiceId: string, tokenHash: string): Promise<Use | undefined>
  /** Ends it; answers where it is now the caller's duty to audit that within `auditLeaseMs`. */
  end(use: Use, by?: { tokenHash: string }): Promise<Ending | 'settled' | 'elsewhere'>
  /** Its end stands in the audit log. */
  settle(use: Use): Promise<void>
  /** It is due no more: it was settled before, or never stood. */
  forget(use: Use): Promise<void>
  /** Due at the next sweep. */
  hasten(use: Use): Promise<void>
  due(): Promise<Use[]>
  /** Newest first. */
  list(practiceId: string, before: number | undefined): Promise<{ uses: EmergencyAccess[]; more: boolean }>
}

export function createEmergencyStore(deps: {
  redis: RedisClient
  cipher: FieldCipher
  lifeMs: number
}): EmergencyStore {
  const { redis, cipher } = deps
  const due = sessionKeys.emergenciesDue
  const nameOf = ({ practiceId, id }: Use) => `${practiceId}/${id}`
  const reasonOf = ({ practiceId, id }: Use) => ({
    practiceId,
    key: sessionKeys.emergency(practiceId, id),
    field: 'reason',
  })

  const read = async (use: Use): Promise<EmergencyAccess | undefined> => {
    const held = await redis.hgetall(sessionKeys.emergency(use.practiceId, use.id))
    if (held.reason === undefined) return undefined
    return EmergencyAccess.parse({
      id: use.id,
      userId: held.userId,
      sessionId: held.sessionId,
      reason: await cipher.decrypt(reasonOf(use), held.reason),
      startedAt: instant(Number(held.startedAt)),
      until: instant(Number(held.until)),
      ...(held.endedAt !== undefined && { endedAt: instant(Number(held.endedAt)), endedBy: held.endedBy }),
    })
  }

  return {
    async announce({ practiceId, userId, sessionId, reason }) {
      const use = { practiceId, id: uuidv7() }
      const until = (await redisTime(redis)) + deps.lifeMs
      const sealed = await cipher.encrypt(reasonOf(use), reason)
      // Due before it stands, so that whatever stands is ended by somebody.
      await redis.zadd(due, until, nameOf(use))
      const startedAt = await announceScript(
        redis,
        [sessionKeys.emergency(practiceId, use.id), sessionKeys.emergencies(practiceId)],
        [use.id, userId, sessionId, sealed, until, keptMs, listedMax],
      )
      return { id: use.id, userId, sessionId, reason, startedAt: instant(startedAt), until: instant(until) }
    },

    async elevate({ practiceId, id }, { tokenHash, userId }) {
      const keys = [
        sessionKeys.session(practiceId, tokenHash),
        sessionKeys.access(practiceId, userId),
        sessionKeys.emergency(practiceId, id),
      ]
      return (await elevateScript(redis, keys, [id])) === 1
    },

    async running(practiceId, tokenHash) {
      const id = await redis.hget(sessionKeys.session(practiceId, tokenHash), 'emergency')
      return id === null ? undefined : { practiceId, id }
    },

    async end({ practiceId, id }, by) {
      const record = sessionKeys.emergency(practiceId, id)
      const [state, userId, endedBy, claims] = await endScript(
        redis,
        [record, by ? sessionKeys.session(practiceId, by.tokenHash) : record],
        [id, by ? 'holder' : '', sessionKeys.accessPrefix(practiceId), auditLeaseMs],
      )
      if (state === 'busy') return 'elsewhere'
      return state === 'claimed' ? { userId, endedBy, again: claims > 0 } : 'settled'
    },

    async settle(use) {
      await redis.hset(sessionKeys.emergency(use.practiceId, use.id), 'audited', '1')
      await redis.zrem(due, nameOf(use))
    },

    forget: async (use) => {
      await redis.zrem(due, nameOf(use))
    },

    hasten: async (use) => {
      await redis.zadd(due, 'XX', 0, nameOf(use))
    },

    async due() {
      const names = await claimDueScript(redis, [due], [auditLeaseMs, 20])
      return names.map((name) => {
        const [practiceId = '', id = ''] = name.split('/')
        return { practiceId, id }
      })
    },

    async list(practiceId, before) {
      const ids = await redis.zrange(
        sessionKeys.emergencies(practiceId),
        before === undefined ? '+inf' : `(${before}`,
        '-inf',
        'BYSCORE',
        'REV',
        'LIMIT',
        0,
        pageMax + 1,
      )
      const uses = await Promise.all(ids.slice(0, pageMax).map((id) => read({ practiceId, id })))
      return { uses: uses.filter((use) => use !== undefined), more: ids.length > pageMax }
    },
  }
}
