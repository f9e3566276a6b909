import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { ProviderList } from '#lib/contract/federation.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'

/** `GET /auth/providers`: what a sign-in page offers beside the password; nothing else of the configuration. */
export function addListProviders(app: OpenAPIHono<ServiceEnv>, deps: Pick<AuthDeps, 'providers'>): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/providers',
    operationId: 'listProviders',
    tags: ['Federation'],
    summary: 'Identity providers that sign a browser in',
    responses: {
      200: { description: 'Their names', content: { 'application/json': { schema: ProviderList } } },
      ...problemResponses(500),
    },
  })
  const providers = deps.providers
    .filter(({ config }) => config.signIn.includes('code'))
    .map(({ id }) => ({ id }))
  app.openapi(route, (c) => c.json({ providers }, 200))
}
