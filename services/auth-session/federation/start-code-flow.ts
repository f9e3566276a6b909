import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { buildAuthorizationUrl, calculatePKCECodeChallenge } from 'openid-client'
import { z } from 'zod'
import { ProviderId } from '#lib/contract/federation.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import { credentialsOf, requireOwnPassword, requireProof, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { setBinder } from './binder-cookie.ts'
import type { Flow } from './flow-store.ts'
import { judge } from './judge.ts'
import { OwnPath, redirectUri } from './redirect-uri.ts'

const StartQuery = z.object({
  returnTo: OwnPath.default('/console/').meta({ description: 'Where the browser goes in the end' }),
  link: z
    .literal('1')
    .optional()
    .meta({ description: 'Link the identity to the session’s user instead of signing in' }),
})

/** `GET /auth/oidc/:provider/start`: sends the browser to the provider (OpenID Connect code flow with PKCE). */
export function addStartCodeFlow(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/oidc/{provider}/start',
    operationId: 'startCodeFlow',
    tags: ['Federation'],
    summary: 'Sign in at an identity provider',
    request: { params: z.object({ provider: ProviderId }), query: StartQuery },
    responses: {
      302: { description: 'To the provider' },
      ...problemResponses(401, 403, 404, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { returnTo, link } = c.req.valid('query')
    const provider = codeFlowProvider(deps, c.req.valid('param').provider)
    const linking = link === undefined ? undefined : await freshSession(c, deps)
    const client = await judge(c, deps, provider, () => provider.client())

    const { state, nonce, verifier } = await deps.flows.open(setBinder(c), {
      provider: provider.id,
      returnTo,
      ...(linking && { link: linking }),
    })
    const target = buildAuthorizationUrl(client, {
      redirect_uri: redirectUri(c, deps.origins, provider.id),
      scope: provider.config.scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    return c.redirect(target.href, 302)
  })
}

/** Throws `not-found` where there is no such provider, or it signs nobody in this way. */
export function codeFlowProvider(deps: Pick<AuthDeps, 'providers'>, id: string) {
  const provider = deps.providers.find((one) => one.id === id)
  if (!provider?.config.signIn.includes('code')) throw new DomainError('not-found')
  return provider
}

/** The session an identity is to be linked to. A link from a foreign page brings no cookie: it is SameSite=Strict. */
async function freshSession(c: Context<ServiceEnv>, deps: AuthDeps): Promise<NonNullable<Flow['link']>> {
  const session = await deps.guard.check(credentialsOf(c)?.token ?? '', { activity: true })
  if (!session) throw new DomainError('unauthenticated')
  requireOwnPassword(session)
  requireProof(session, { freshMs: stepUpFreshMs })
  return { practiceId: session.practiceId, tokenHash: session.tokenHash }
}
