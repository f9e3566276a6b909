import { DomainError } from '#lib/http/domain-error.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { User } from '../users/user-store.ts'

/**
 * Where one factor has been proved and the user has a second: throws `mfa-required` with a challenge for it, which
 * counts its failures under the account's digest.
 */
export async function askSecondFactor(
  deps: Pick<AuthDeps, 'challenges' | 'secondFactors'>,
  user: User,
  account: string,
  firstPassword = false,
): Promise<void> {
  const { practiceId, id: userId, epochs } = user
  const methods = await deps.secondFactors.methods({ practiceId, userId })
  if (methods.length === 0) return
  const challengeId = await deps.challenges.open({ practiceId, userId, account, epochs, firstPassword })
  throw new DomainError('mfa-required', { challengeId, methods })
}
