import type { AuditLog } from '#lib/audit/audit-log.ts'
import type { SessionEnded } from '#lib/contract/session.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { auditedPractices, channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

const revokeUserScript = loadScript<number>(new URL('./revoke-user.lua', import.meta.url))

/** Every session of the user is refused from here on, everywhere. False where there is no such user. */
export async function revokeUser(redis: RedisClient, practiceId: string, userId: string): Promise<boolean> {
  const keys = [sessionKeys.access(practiceId, userId)]
  return (await revokeUserScript(redis, keys, [channels.sessionEnded, practiceId, userId])) === 1
}

/** Every session of the practice is refused from here on. */
export async function revokePractice(redis: RedisClient, practiceId: string): Promise<void> {
  await redis.incr(sessionKeys.epoch(practiceId))
  // The epoch has decided; a message that is lost is made good by the streams' own recheck.
  await redis.publish(channels.sessionEnded, JSON.stringify({ practiceId } satisfies SessionEnded))
}

/**
 * Every session of every practice, each audited before it counts; answers how many practices that were. Creating a user
 * is audited before anybody can sign in, so the practices with an audit chain are all that can have a session.
 */
export async function revokeEveryone(
  deps: { redis: RedisClient; audit: AuditLog },
  by: { actor: string; requestId: string; reason: string },
): Promise<number> {
  const practices = await deps.redis.smembers(auditedPractices)
  await Promise.all(
    practices.map(async (practiceId) => {
      await deps.audit.append({
        action: 'session.revoke-all',
        practiceId,
        entity: `Practice/${practiceId}`,
        outcome: 'success',
        ...by,
      })
      await revokePractice(deps.redis, practiceId)
    }),
  )
  return practices.length
}
