import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { SecondFactors } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { ownAccount } from './own-account.ts'

/** `GET /auth/mfa`: what second factors the caller has, and whether they must have one. */
export function addGetSecondFactors(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'get',
    path: '/auth/mfa',
    operationId: 'getSecondFactors',
    tags: ['Second factors'],
    summary: 'Own second factors',
    security: needsSession,
    middleware: [requireSession({ ...deps, beforePasswordChange: true })] as const,
    responses: {
      200: { description: 'What is enrolled', content: { 'application/json': { schema: SecondFactors } } },
      ...problemResponses(401, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { user, place } = await ownAccount(c, deps)
    const [totp, passkeys, recoveryCodesLeft, required] = await Promise.all([
      deps.secondFactors.totpState(place),
      deps.passkeys.views(place),
      deps.recoveryCodes.left(place),
      deps.secondFactors.demanded(user),
    ])
    return c.json({ totp, passkeys, recoveryCodesLeft, required }, 200)
  })
}
