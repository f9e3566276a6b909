import { swapField } from '#lib/crypto/swap-field.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { User } from '../users/user-store.ts'

/** Where a user's password hash stands. */
export const passwordPlace = (practiceId: string, userId: string) => ({
  practiceId,
  key: sessionKeys.user(practiceId, userId),
  field: 'passwordHash',
})

/**
 * Hashes a password that was just found right anew where the stored hash is of an older pepper or cost. A password
 * that somebody changed meanwhile stays as it is.
 */
export async function renewHash(
  deps: Pick<AuthDeps, 'redis' | 'cipher' | 'passwords'>,
  user: Pick<User, 'practiceId' | 'id' | 'passwordHash'>,
  password: string,
): Promise<void> {
  if (!deps.passwords.isOutdated(user.passwordHash)) return
  const place = passwordPlace(user.practiceId, user.id)
  const from = await deps.redis.hget(place.key, place.field)
  if (from === null || (await deps.cipher.decrypt(place, from)) !== user.passwordHash) return
  const to = await deps.cipher.encrypt(place, await deps.passwords.hash(password))
  await swapField(deps.redis, place.key, place.field, { from, to })
}
