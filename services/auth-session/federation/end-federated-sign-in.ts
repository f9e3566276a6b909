import type { Context } from 'hono'
import type { LoginAnswer } from '#lib/contract/session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { askSecondFactor } from '../sign-in/ask-second-factor.ts'
import { finishSignIn } from '../sign-in/finish-sign-in.ts'
import type { Admitted } from './admit-identity.ts'

/**
 * Ends like a sign-in by password: who has a second factor here proves it, unless the provider's token proved one.
 * Throws `mfa-required` with a challenge.
 */
export async function endFederatedSignIn(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  signIn: Admitted & { delivery: 'cookie' | 'bearer' },
): Promise<LoginAnswer> {
  const { user, aal } = signIn
  if (aal === 'aal1') await askSecondFactor(deps, user, deps.index.account(user.email, user.practiceId))
  return finishSignIn(c, deps, signIn)
}
