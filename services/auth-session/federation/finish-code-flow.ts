import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { z } from 'zod'
import { ProviderId } from '#lib/contract/federation.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { admitIdentity } from './admit-identity.ts'
import { binderOf } from './binder-cookie.ts'
import { endFederatedSignIn } from './end-federated-sign-in.ts'
import { FederationRefused } from './federation-refused.ts'
import type { Flow } from './flow-store.ts'
import { judge } from './judge.ts'
import { linkToSession } from './link-to-session.ts'
import { codeFlowProvider } from './open-code-flow.ts'
import type { Provider } from './provider.ts'
import { redeemCode } from './redeem-code.ts'
import { redirectUri } from './redirect-uri.ts'

/** The library reads the answer itself, strictly; here only what finds the flow. */
const CallbackQuery = z.object({ state: z.string().regex(/^[ -~]{1,512}$/) })

/**
 * `GET /auth/oidc/:provider/callback`: the browser comes back. It goes on to the page it came from, signed in; or with
 * a fragment that tells the page what is missing, which no server sees: `#sign-in=mfa-required&challengeId=…`, or
 * `#link=already-linked`.
 */
export function addFinishCodeFlow(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/oidc/{provider}/callback',
    operationId: 'finishCodeFlow',
    tags: ['Federation'],
    summary: 'Come back from an identity provider',
    request: { params: z.object({ provider: ProviderId }), query: CallbackQuery },
    responses: {
      303: { description: 'To the page that the browser came from' },
      ...problemResponses(401, 404, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const provider = codeFlowProvider(deps, c.req.valid('param').provider)
    const flow = await judge(c, deps, provider, async () => {
      const found = await deps.flows.take(binderOf(c) ?? '', c.req.valid('query').state)
      if (found?.provider !== provider.id) throw new FederationRefused('unknown-flow')
      return found
    })
    try {
      await finish(c, deps, provider, flow)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      const told = flow.link ? `link=${error.code}` : signInFragment(error)
      return c.redirect(`${flow.returnTo.replace(/#.*$/, '')}#${told}`, 303)
    }
    return c.redirect(flow.returnTo, 303)
  })
}

async function finish(c: Context<ServiceEnv>, deps: AuthDeps, provider: Provider, flow: Flow): Promise<void> {
  const { search } = new URL(c.req.url)
  const answer = new URL(redirectUri(c, deps.origins, provider.id) + search)
  const { link } = flow
  if (link !== undefined) {
    const judgement = async () =>
      linkToSession(deps, provider, await redeemCode(deps, provider, flow, answer), link, c.var.requestId)
    await judge(c, deps, provider, judgement, 'identity.link')
    return
  }
  const admitted = await judge(c, deps, provider, async () =>
    admitIdentity(deps, provider, await redeemCode(deps, provider, flow, answer), c.var.requestId),
  )
  await endFederatedSignIn(c, deps, { ...admitted, delivery: 'cookie' })
}

function signInFragment({ code, details }: DomainError): string {
  const { challengeId, methods } = details
  return new URLSearchParams({
    'sign-in': code,
    ...(challengeId !== undefined && { challengeId }),
    ...(methods && { methods: methods.join(',') }),
  }).toString()
}
