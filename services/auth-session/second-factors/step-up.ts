import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { RenewedSession, StepUpRequest } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { isFirstPasswordOver } from '../users/first-password.ts'
import type { User } from '../users/user-store.ts'
import { ownAccount, ownEvent } from './own-account.ts'
import { methodOf, type ProofRefusal, proveSecondFactor, refusalOf } from './prove-second-factor.ts'
import { renewSession } from './renew-session.ts'

type Refusal = ProofRefusal | 'wrong-password' | 'first-password-expired'

/** `POST /auth/step-up`: proves anew who holds the session, which goes on under a new token at the proved level. */
export function addStepUp(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/step-up',
    operationId: 'stepUp',
    tags: ['Second factors'],
    summary: 'Prove again who you are',
    description:
      'The password will do only while no second factor is enrolled; it leaves the level as it is.',
    security: needsSession,
    middleware: [requireSession({ ...deps, beforePasswordChange: true })] as const,
    request: { body: { required: true, content: { 'application/json': { schema: StepUpRequest } } } },
    responses: {
      200: { description: 'Proved', content: { 'application/json': { schema: RenewedSession } } },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { password, ...proof } = c.req.valid('json')
    const { user, place } = await ownAccount(c, deps)
    const attempt = {
      account: deps.index.account(user.email, user.practiceId),
      address: deps.index.address(clientAddress(c, deps.trustedProxies)),
    }
    await deps.limiter.admit(attempt)
    const methods = await deps.secondFactors.methods(place)
    if (password !== undefined && methods.length > 0)
      throw new DomainError('step-up-required', { needs: { aal: 'aal2' }, methods })

    const refusal =
      password === undefined
        ? await proveSecondFactor(deps, user, proof)
        : await provePassword(deps, user, password)
    if (refusal) {
      await deps.limiter.fail(attempt)
      await deps.audit.append({
        action: 'mfa.failed',
        ...ownEvent(c),
        entity: `Session/${c.var.session.id}`,
        outcome: 'failure',
        reason: refusal,
      })
      throw new DomainError(password === undefined ? refusalOf(proof) : 'invalid-credentials')
    }
    await deps.limiter.pass(attempt)
    const proved =
      password === undefined
        ? ({ aal: 'aal2', method: methodOf(proof) } as const)
        : { aal: c.var.session.aal, method: 'password' }
    return c.json(await renewSession(c, deps, proved), 200)
  })
}

async function provePassword(deps: AuthDeps, user: User, password: string): Promise<Refusal | undefined> {
  const right = await deps.passwords.verify(password, user.passwordHash)
  const place = { practiceId: user.practiceId, userId: user.id }
  const enabled = await deps.authenticators.settle(place, 'password', right ? 'pass' : 'fail')
  if (!enabled) return 'authenticator-disabled'
  if (!right) return 'wrong-password'
  return isFirstPasswordOver(deps, user) ? 'first-password-expired' : undefined
}
