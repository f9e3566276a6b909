import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { LoginAnswer, MfaRequest } from '#lib/contract/session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import {
  methodOf,
  type ProofRefusal,
  proveSecondFactor,
  refusalOf,
} from '../second-factors/prove-second-factor.ts'
import { unknownPractice } from '../users/user-store.ts'
import { clientAddress } from './client-address.ts'
import { finishSignIn } from './finish-sign-in.ts'
import { refuseForeignPage } from './foreign-page.ts'

type Refusal = 'challenge-gone' | 'user-disabled' | ProofRefusal

const startAgain = 'Start again with your password.'

/** `POST /auth/login/mfa`: the second factor of a sign-in whose password was right. */
export function addLoginMfa(
  app: OpenAPIHono<ServiceEnv>,
  deps: AuthDeps & { outcomes: MiddlewareHandler<ServiceEnv> },
): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/login/mfa',
    operationId: 'loginMfa',
    tags: ['Sign-in'],
    summary: 'Finish a sign-in with a second factor',
    middleware: [deps.outcomes] as const,
    request: { body: { required: true, content: { 'application/json': { schema: MfaRequest } } } },
    responses: {
      200: { description: 'Signed in', content: { 'application/json': { schema: LoginAnswer } } },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    refuseForeignPage(c, deps.origins)
    const { challengeId, delivery = 'cookie', ...proof } = c.req.valid('json')
    const challenge = await deps.challenges.find(challengeId)
    const place = challenge ?? { practiceId: unknownPractice, userId: unknownPractice, epochs: '' }
    const attempt = {
      account: challenge?.account,
      address: deps.index.address(clientAddress(c, deps.trustedProxies)),
    }
    await deps.limiter.admit(attempt)
    const triesLeft = await deps.challenges.take(challengeId)

    const refuse = async (reason: Refusal): Promise<never> => {
      await deps.limiter.fail(attempt)
      await deps.audit.append({
        action: 'mfa.failed',
        actor: place.userId,
        practiceId: place.practiceId,
        entity: `User/${place.userId}`,
        outcome: 'failure',
        requestId: c.var.requestId,
        reason,
      })
      const mayTryAgain = triesLeft && reason !== 'challenge-gone'
      throw new DomainError(refusalOf(proof), mayTryAgain ? {} : { detail: startAgain })
    }

    if (challenge === undefined || triesLeft === undefined) return refuse('challenge-gone')
    const user = await deps.users.find(place.practiceId, place.userId)
    if (!user || user.disabled) return refuse('user-disabled')
    if (user.epochs !== place.epochs) return refuse('challenge-gone')
    const refusal = await proveSecondFactor(deps, user, proof)
    if (refusal) return refuse(refusal)
    await deps.limiter.pass(attempt)
    if (!(await deps.challenges.consume(challengeId))) return refuse('challenge-gone')
    const { firstPassword } = challenge
    const signIn = { user, aal: 'aal2', delivery, method: methodOf(proof), firstPassword } as const
    return c.json(await finishSignIn(c, deps, signIn), 200)
  })
}
