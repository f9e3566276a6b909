import type { Context } from 'hono'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import { RemoteUnavailable } from '#lib/jwt/remote-value.ts'
import { TokenRefused } from '#lib/jwt/token-refused.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { unknownPractice } from '../users/user-store.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Provider } from './provider.ts'

/**
 * Judges what somebody brings from a provider. A refusal counts against the address like a wrong password and is
 * audited; the caller learns only `federation-refused`, or `provider-unavailable` where the provider cannot be asked.
 */
export async function judge<T>(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  provider: Provider | undefined,
  judgement: () => Promise<T>,
  failure: 'session.login-failed' | 'identity.link' = 'session.login-failed',
): Promise<T> {
  const attempt = { account: undefined, address: deps.index.address(clientAddress(c, deps.trustedProxies)) }
  await deps.limiter.admit(attempt)
  try {
    return await judgement()
  } catch (error) {
    if (error instanceof RemoteUnavailable) throw new DomainError('provider-unavailable', { cause: error })
    const refused =
      error instanceof TokenRefused ? new FederationRefused(error.fault, { cause: error }) : error
    if (!(refused instanceof FederationRefused)) throw refused
    await deps.limiter.fail(attempt)
    const { user, fault } = refused
    const practice = provider?.config.practice
    await deps.audit.append({
      action: failure,
      actor: user?.userId ?? unknownPractice,
      practiceId: user?.practiceId ?? (typeof practice === 'string' ? practice : unknownPractice),
      entity: user ? `User/${user.userId}` : `Provider/${provider?.id ?? 'unknown'}`,
      outcome: 'failure',
      requestId: c.var.requestId,
      reason: fault,
    })
    throw refused
  }
}
