import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { TotpEnrolment } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { siteName } from '../passkeys/relying-party.ts'
import { ownAccount, requireBestProof } from './own-account.ts'
import { newTotpSecret, otpauthUri } from './totp.ts'
import { enrolmentLifeMs } from './totp-enrolments.ts'

/** `POST /auth/mfa/totp`: a secret for an authenticator app. It counts for nothing until its first code is given. */
export function addStartTotp(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/mfa/totp',
    operationId: 'startTotp',
    tags: ['Second factors'],
    summary: 'Begin to enrol an authenticator app',
    description:
      'Needs a proof of the last minutes. An app that is enrolled already stays until the new one is verified.',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      200: { description: 'To be verified', content: { 'application/json': { schema: TotpEnrolment } } },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { user, place } = await ownAccount(c, deps)
    await requireBestProof(c, deps, place)

    const secret = newTotpSecret()
    await deps.totpEnrolments.begin(place, secret)
    const expiresAt = new Date(deps.now() + enrolmentLifeMs).toISOString()
    return c.json({ secret, otpauthUri: otpauthUri(siteName, user.email, secret), expiresAt }, 200)
  })
}
