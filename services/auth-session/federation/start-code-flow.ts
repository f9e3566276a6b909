import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { OwnPath, ProviderId, ProviderWay, StartLink } from '#lib/contract/federation.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { codeFlowProvider, openCodeFlow } from './open-code-flow.ts'

const params = z.object({ provider: ProviderId })

/**
 * `GET /auth/oidc/:provider/start`: sends the browser to the provider, to be signed in.
 * `POST /auth/oidc/:provider/link`: tells a signed-in page where to send it, to link who they are there.
 */
export function addStartCodeFlow(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const signIn = createRoute({
    method: 'get',
    path: '/auth/oidc/{provider}/start',
    operationId: 'startCodeFlow',
    tags: ['Federation'],
    summary: 'Sign in at an identity provider',
    request: {
      params,
      query: z.object({
        returnTo: OwnPath.default('/console/').meta({ description: 'Where the browser goes in the end' }),
      }),
    },
    responses: {
      302: { description: 'To the provider' },
      ...problemResponses(401, 404, 422, 429, 500, 503),
    },
  })
  const link = createRoute({
    method: 'post',
    path: '/auth/oidc/{provider}/link',
    operationId: 'startLink',
    tags: ['Federation'],
    summary: 'Link an identity at a provider to one’s own account',
    description:
      'The page sends the browser to the location; it comes back to returnTo, with #link=<code> where it was refused.',
    security: needsSession,
    middleware: [requireSession({ ...deps, freshMs: stepUpFreshMs })] as const,
    request: { params, body: { required: true, content: { 'application/json': { schema: StartLink } } } },
    responses: {
      200: { description: 'The way there', content: { 'application/json': { schema: ProviderWay } } },
      ...problemResponses(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(signIn, async (c) => {
    const { returnTo } = c.req.valid('query')
    const provider = codeFlowProvider(deps, c.req.valid('param').provider)
    return c.redirect(await openCodeFlow(c, deps, provider, { returnTo }), 302)
  })

  app.openapi(link, async (c) => {
    const { returnTo } = c.req.valid('json')
    const { practiceId, tokenHash } = c.var.session
    const provider = codeFlowProvider(deps, c.req.valid('param').provider)
    const location = await openCodeFlow(c, deps, provider, { returnTo, link: { practiceId, tokenHash } })
    return c.json({ location }, 200)
  })
}
