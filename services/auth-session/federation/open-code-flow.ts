import type { Context } from 'hono'
import { buildAuthorizationUrl, calculatePKCECodeChallenge } from 'openid-client'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { setBinder } from './binder-cookie.ts'
import type { Flow } from './flow-store.ts'
import { judge } from './judge.ts'
import type { Provider } from './provider.ts'
import { redirectUri } from './redirect-uri.ts'

/** Throws `not-found` where there is no such provider, or it signs nobody in this way. */
export function codeFlowProvider(deps: Pick<AuthDeps, 'providers'>, id: string): Provider {
  const provider = deps.providers.find((one) => one.id === id)
  if (!provider?.config.signIn.includes('code')) throw new DomainError('not-found')
  return provider
}

/** Begins a way to the provider and back, bound to this browser (OpenID Connect code flow, PKCE); answers where it goes now. */
export async function openCodeFlow(
  c: Context<ServiceEnv>,
  deps: AuthDeps,
  provider: Provider,
  wanted: Pick<Flow, 'returnTo' | 'link'>,
): Promise<string> {
  const client = await judge(c, deps, provider, () => provider.client())
  const { state, nonce, verifier } = await deps.flows.open(setBinder(c), { provider: provider.id, ...wanted })
  const target = buildAuthorizationUrl(client, {
    redirect_uri: redirectUri(c, deps.origins, provider.id),
    scope: provider.config.scope,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return target.href
}
