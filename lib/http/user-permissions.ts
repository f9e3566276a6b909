import { type Permission, permissionsOf } from '#lib/contract/permissions.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

/** What a user may do now, by the practice's own role table where it has one; nothing for a disabled or unknown user. */
export async function readUserPermissions(
  redis: RedisClient,
  practiceId: string,
  userId: string,
): Promise<Permission[]> {
  const [[roles, disabled], table] = await Promise.all([
    redis.hmget(sessionKeys.access(practiceId, userId), 'roles', 'disabled'),
    redis.hgetall(sessionKeys.roles(practiceId)),
  ])
  if (roles === null || roles === undefined || disabled === '1') return []
  const held = roles.split(',').filter(Boolean)
  const own = Object.entries(table).map(([role, list]) => [role, list.split(',')] as const)
  return own.length > 0 ? permissionsOf(held, Object.fromEntries(own)) : permissionsOf(held)
}
