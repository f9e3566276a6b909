import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

/** One of a user's sessions as it stands in Redis; times in ms. */
export interface ListedSession {
  readonly tokenHash: string
  readonly aal: string
  readonly createdAt: number
  readonly activeAt: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
  /** Empty where it is not known. */
  readonly sealedDevice: string
  readonly newDevice: boolean
  readonly mustChangePassword: boolean
}

const listScript = loadScript<(string | number)[][]>(new URL('./list-sessions.lua', import.meta.url), {
  readOnly: true,
  beyondKeys: true,
})

/** The user's sessions that are good now, oldest first; what a revocation ended is not among them. */
export async function listSessions(
  redis: RedisClient,
  practiceId: string,
  userId: string,
): Promise<ListedSession[]> {
  const keys = [
    sessionKeys.sessionsOf(practiceId, userId),
    sessionKeys.access(practiceId, userId),
    sessionKeys.epoch(practiceId),
  ]
  const rows = await listScript(redis, keys, [sessionKeys.sessionPrefix(practiceId)])
  return rows.map(
    ([tokenHash, aal, createdAt, activeAt, idle, absolute, device, newDevice, firstPassword]) => ({
      tokenHash: String(tokenHash),
      aal: String(aal),
      createdAt: Number(createdAt),
      activeAt: Number(activeAt),
      idleExpiresAt: Number(idle),
      absoluteExpiresAt: Number(absolute),
      sealedDevice: String(device),
      newDevice: newDevice === '1',
      mustChangePassword: firstPassword === '1',
    }),
  )
}
