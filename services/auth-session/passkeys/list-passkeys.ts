import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PasskeyView } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { ownAccount } from '../second-factors/own-account.ts'

const Passkeys = z.object({ passkeys: z.array(PasskeyView) }).meta({ id: 'Passkeys' })

/** `GET /auth/passkeys`: the caller's, oldest first. */
export function addListPasskeys(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/passkeys',
    operationId: 'listPasskeys',
    tags: ['Passkeys'],
    summary: 'Own passkeys',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      200: { description: 'The passkeys', content: { 'application/json': { schema: Passkeys } } },
      ...problemResponses(401, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { place } = await ownAccount(c, deps)
    return c.json({ passkeys: await deps.passkeys.views(place) }, 200)
  })
}
