import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RecoveryCodes } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from './audit-first.ts'
import { ownAccount, ownEvent } from './own-account.ts'

/** `POST /auth/mfa/recovery-codes`: ten new ones; what was left of the old ones is void. */
export function addRenewRecoveryCodes(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/mfa/recovery-codes',
    operationId: 'renewRecoveryCodes',
    tags: ['Second factors'],
    summary: 'Make new recovery codes',
    description: 'There is nothing to recover without a second factor: 404.',
    security: needsSession,
    middleware: [requireSession({ ...deps, aal: 'aal2', freshMs: stepUpFreshMs })] as const,
    responses: {
      200: { description: 'Shown this once', content: { 'application/json': { schema: RecoveryCodes } } },
      ...problemResponses(401, 403, 404, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { place } = await ownAccount(c, deps)
    if ((await deps.secondFactors.methods(place)).length === 0) throw new DomainError('not-found')
    const event = { action: 'recovery-codes.renew' as const, ...ownEvent(c) }
    const recoveryCodes = await auditFirst(deps, event, () => deps.recoveryCodes.renew(place))
    return c.json({ recoveryCodes }, 200)
  })
}
