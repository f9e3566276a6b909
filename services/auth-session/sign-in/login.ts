import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { LoginAnswer, LoginRequest } from '#lib/contract/session.ts'
import { addressClassOf } from '#lib/http/address-class.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { isFirstPassword, isFirstPasswordOver } from '../users/first-password.ts'
import { askSecondFactor } from './ask-second-factor.ts'
import { clientAddress } from './client-address.ts'
import { finishSignIn } from './finish-sign-in.ts'
import { refuseForeignPage } from './foreign-page.ts'
import { renewHash } from './renew-hash.ts'

/** Why a sign-in is refused is for the audit log; only who knows a first password learns that it is over. */
type Refusal =
  | 'unknown-account'
  | 'wrong-password'
  | 'user-disabled'
  | 'authenticator-disabled'
  | 'first-password-expired'

/** `POST /auth/login`: the password, and with it either a session or a challenge for the second factor. */
export function addLogin(
  app: OpenAPIHono<ServiceEnv>,
  deps: AuthDeps & { outcomes: MiddlewareHandler<ServiceEnv> },
): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/login',
    operationId: 'login',
    tags: ['Sign-in'],
    summary: 'Sign in by e-mail address and password',
    middleware: [deps.outcomes] as const,
    request: { body: { required: true, content: { 'application/json': { schema: LoginRequest } } } },
    responses: {
      200: { description: 'Signed in', content: { 'application/json': { schema: LoginAnswer } } },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    refuseForeignPage(c, deps.origins)
    const { email, password, practiceId, delivery = 'cookie' } = c.req.valid('json')
    const { requestId } = c.var
    const place = await deps.users.locate(deps.index.account(email, practiceId))
    // Counted under one name, whether or not the caller said which practice is meant.
    const account = deps.index.account(email, place.practiceId)
    const address = clientAddress(c, deps.trustedProxies)
    const attempt = { account, address: deps.index.address(address) }
    await deps.limiter.admit(attempt)

    const user = await deps.users.find(place.practiceId, place.userId)
    const right = await deps.passwords.verify(password, user?.passwordHash)

    const refuse = async (reason: Refusal): Promise<never> => {
      await deps.limiter.fail(attempt)
      const enabled = await deps.authenticators.settle(place, 'password', 'fail')
      await deps.audit.append({
        action: 'session.login-failed',
        actor: place.userId,
        practiceId: place.practiceId,
        // Repeated failures at one unknown account stay recognisable without naming it.
        entity: user ? `User/${user.id}` : `Login/${account.slice(0, 16)}`,
        outcome: 'failure',
        requestId,
        network: addressClassOf(address),
        reason: enabled ? reason : 'authenticator-disabled',
      })
      throw new DomainError(reason === 'first-password-expired' ? reason : 'invalid-credentials')
    }

    if (!user) return refuse('unknown-account')
    if (!right) return refuse('wrong-password')
    if (user.disabled) return refuse('user-disabled')
    // Wrong guesses that ran beside this one may have made the account wait meanwhile.
    await deps.limiter.admit(attempt)
    if (!(await deps.authenticators.settle(place, 'password', 'pass')))
      return refuse('authenticator-disabled')
    if (isFirstPasswordOver(deps, user)) return refuse('first-password-expired')
    // The next sign-in tries again.
    await renewHash(deps, user, password).catch((cause: unknown) =>
      c.var.log.warn({ err: cause }, 'password hash not renewed'),
    )

    const firstPassword = isFirstPassword(user)
    await askSecondFactor(deps, user, account, firstPassword)
    await deps.limiter.pass(attempt)
    return c.json(await finishSignIn(c, deps, { user, aal: 'aal1', delivery, firstPassword }), 200)
  })
}
