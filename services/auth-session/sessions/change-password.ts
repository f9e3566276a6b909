import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RenewedSession } from '#lib/contract/second-factors.ts'
import { PasswordChange } from '#lib/contract/session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession, stepUpFreshMs } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { ownAccount, ownEvent } from '../second-factors/own-account.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { refuseWeak } from '../sign-in/password-rules.ts'
import { passwordPlace } from '../sign-in/renew-hash.ts'
import { isFirstPassword, isFirstPasswordOver } from '../users/first-password.ts'
import { deliverRenewed } from './deliver-renewed.ts'

/**
 * `POST /auth/password`: a new password in the place of the current one. The caller's other sessions end in the same
 * step, and this one goes on under a new token. In the place of a first password another one is asked for, before that
 * has expired.
 */
export function addChangePassword(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/password',
    operationId: 'changePassword',
    tags: ['Sessions'],
    summary: 'Change the password',
    security: needsSession,
    middleware: [requireSession({ ...deps, freshMs: stepUpFreshMs, beforePasswordChange: true })] as const,
    request: { body: { required: true, content: { 'application/json': { schema: PasswordChange } } } },
    responses: {
      200: {
        description: 'Changed; this session goes on under a new token, the others have ended',
        content: { 'application/json': { schema: RenewedSession } },
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { session } = c.var
    const { practiceId, userId } = session
    const { current, next } = c.req.valid('json')
    const { user, place } = await ownAccount(c, deps)
    await refuseWeak(deps, next, user, 'next')

    const attempt = {
      account: deps.index.account(user.email, practiceId),
      address: deps.index.address(clientAddress(c, deps.trustedProxies)),
    }
    await deps.limiter.admit(attempt)
    const event = { action: 'password.change', ...ownEvent(c) } as const
    if (!(await deps.passwords.verify(current, user.passwordHash))) {
      await deps.limiter.fail(attempt)
      await deps.authenticators.settle(place, 'password', 'fail')
      await deps.audit.append({ ...event, outcome: 'failure', reason: 'wrong-password' })
      throw wrongPassword()
    }
    await deps.limiter.admit(attempt)
    if (!(await deps.authenticators.settle(place, 'password', 'pass'))) throw wrongPassword()
    if (isFirstPasswordOver(deps, user)) throw new DomainError('first-password-expired')
    if (isFirstPassword(user) && next.normalize('NFC') === current.normalize('NFC'))
      throw new DomainError('weak-password', {
        errors: [{ path: 'next', message: 'must be another one than the first' }],
      })

    const hashed = await deps.passwords.hash(next)
    const passwordHash = await deps.cipher.encrypt(passwordPlace(practiceId, userId), hashed)
    const renewed = await auditFirst(deps, event, () =>
      deps.sessions.rotate(practiceId, session.tokenHash, {
        aal: session.aal,
        endOthers: true,
        passwordHash,
      }),
    )
    if (!renewed) throw new DomainError('unauthenticated')
    return c.json(deliverRenewed(c, renewed), 200)
  })
}

const wrongPassword = () =>
  new DomainError('invalid-credentials', { errors: [{ path: 'current', message: 'is not your password' }] })
