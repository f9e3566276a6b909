import { type Permission, permissionsOf, withEmergency } from '#lib/contract/permissions.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import { redisTime } from '#lib/redis/redis-time.ts'

/** What a user may do now, by the practice's own role table where it has one; nothing for a disabled or unknown user. */
export async function readUserPermissions(
  redis: RedisClient,
  practiceId: string,
  userId: string,
): Promise<Permission[]> {
  const [[roles, disabled, emergencyUntil], table] = await Promise.all([
    redis.hmget(sessionKeys.access(practiceId, userId), 'roles', 'disabled', 'emergencyUntil'),
    redis.hgetall(sessionKeys.roles(practiceId)),
  ])
  if (roles === null || roles === undefined || disabled === '1') return []
  const held = roles.split(',').filter(Boolean)
  const own = Object.entries(table).map(([role, list]) => [role, list.split(',')] as const)
  const granted = own.length > 0 ? permissionsOf(held, Object.fromEntries(own)) : permissionsOf(held)
  return emergencyUntil && Number(emergencyUntil) > (await redisTime(redis))
    ? withEmergency(granted)
    : granted
}
