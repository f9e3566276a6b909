import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'

const KeySetView = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) }).meta({
  id: 'JsonWebKeySet',
  description: 'RFC 7517',
})

/** A verifier may keep the set this long; a new key is published an hour before it signs. */
const maxAgeSeconds = 300

/** `GET /auth/.well-known/jwks.json`: what verifies internal tokens. */
export function addServeKeys(app: OpenAPIHono<ServiceEnv>, deps: Pick<AuthDeps, 'signingKeys'>): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/.well-known/jwks.json',
    operationId: 'serveKeys',
    tags: ['Federation'],
    summary: 'Public keys of the internal tokens',
    responses: {
      200: { description: 'Key set', content: { 'application/json': { schema: KeySetView } } },
      ...problemResponses(500, 503),
    },
  })

  app.openapi(route, async (c) => {
    c.header('Cache-Control', `public, max-age=${maxAgeSeconds}`)
    return c.json(KeySetView.parse(await deps.signingKeys.published()), 200)
  })
}
