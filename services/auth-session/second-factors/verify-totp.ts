import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { TotpCode } from '#lib/contract/proofs.ts'
import { TotpEnrolled } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from './audit-first.ts'
import { ownAccount, ownEvent, requireBestProof } from './own-account.ts'
import { renewSession } from './renew-session.ts'
import { matchingStep } from './totp.ts'

const Body = z.strictObject({ totp: TotpCode }).meta({ id: 'VerifyTotp' })

/** `POST /auth/mfa/totp/verify`: the first code of the pending secret enrols it and proves a second factor. */
export function addVerifyTotp(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/mfa/totp/verify',
    operationId: 'verifyTotp',
    tags: ['Second factors'],
    summary: 'Finish enrolling an authenticator app',
    description:
      'The recovery codes are shown this once; earlier ones, an earlier app and the other sessions end.',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: Body } } } },
    responses: {
      200: { description: 'Enrolled', content: { 'application/json': { schema: TotpEnrolled } } },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { place } = await ownAccount(c, deps)
    await requireBestProof(c, deps, place)
    const pending = await deps.totpEnrolments.pending(place)
    if (!pending) throw new DomainError('enrolment-gone')
    const step = matchingStep(pending.secret, c.req.valid('json').totp, deps.now())
    if (step === undefined) throw new DomainError('invalid-code')
    if (!(await deps.totpEnrolments.claim(place, pending))) throw new DomainError('enrolment-gone')

    const recoveryCodes = await auditFirst(deps, { action: 'totp.enrol', ...ownEvent(c) }, async () => {
      const codes = await deps.totpEnrolments.complete(place, pending.secret, step)
      if (!codes) throw new DomainError('unauthenticated')
      return codes
    })
    const renewed = await renewSession(c, deps, { aal: 'aal2', method: 'totp', endOthers: true })
    return c.json({ recoveryCodes, ...renewed }, 200)
  })
}
