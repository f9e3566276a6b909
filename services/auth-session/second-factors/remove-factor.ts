import type { Context } from 'hono'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from './audit-first.ts'
import { ownAccount, ownEvent } from './own-account.ts'

/**
 * Takes `totp`, or the passkey of that id, from the caller. Throws `not-found` where there is none, and
 * `second-factor-required` for the last one of a user who must have one.
 */
export async function removeFactor(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  factor: string,
  event: { action: 'totp.remove' | 'passkey.remove'; entity: string },
): Promise<void> {
  const { user, place } = await ownAccount(c, deps)
  const mustKeepOne = await deps.secondFactors.demanded(user)
  await auditFirst(deps, { ...ownEvent(c), ...event }, async () => {
    const removal = await deps.secondFactors.remove(place, factor, mustKeepOne)
    if (removal === 'absent') throw new DomainError('not-found')
    if (removal === 'last') throw new DomainError('second-factor-required')
  })
}
