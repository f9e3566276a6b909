import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { PasskeyAssertion } from '#lib/contract/proofs.ts'
import { Delivery, LoginAnswer } from '#lib/contract/session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { finishSignIn } from '../sign-in/finish-sign-in.ts'
import { refuseForeignPage } from '../sign-in/foreign-page.ts'
import { unknownPractice } from '../users/user-store.ts'
import { passkeyIdOf } from './passkey-store.ts'
import { userOfHandle } from './user-handle.ts'
import { type AssertionRefusal, verifyAssertion } from './verify-assertion.ts'

const Body = z
  .strictObject({ passkey: PasskeyAssertion, delivery: Delivery.optional() })
  .meta({ id: 'PasskeySignIn' })

const nobody = { practiceId: unknownPractice, userId: unknownPractice }

/** `POST /auth/passkeys/authentication/verify`: a passkey alone signs in, for it is had and its holder was verified. */
export function addSignInWithPasskey(
  app: OpenAPIHono<ServiceEnv>,
  deps: AuthDeps & { outcomes: MiddlewareHandler<ServiceEnv> },
): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/passkeys/authentication/verify',
    operationId: 'signInWithPasskey',
    tags: ['Passkeys'],
    summary: 'Sign in with a passkey',
    middleware: [deps.outcomes] as const,
    request: { body: { required: true, content: { 'application/json': { schema: Body } } } },
    responses: {
      200: { description: 'Signed in', content: { 'application/json': { schema: LoginAnswer } } },
      ...problemResponses(400, 401, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    refuseForeignPage(c, deps.origins)
    const { passkey, delivery = 'cookie' } = c.req.valid('json')
    // Signatures are beyond guessing: failures count against the address only, so nobody locks an account by them.
    const attempt = { account: undefined, address: deps.index.address(clientAddress(c, deps.trustedProxies)) }
    await deps.limiter.admit(attempt)

    const claimed = userOfHandle(passkey.response.userHandle ?? '') ?? nobody
    const user = await deps.users.find(claimed.practiceId, claimed.userId)
    const place = user ? claimed : nobody
    const refuse = async (reason: AssertionRefusal | 'user-disabled'): Promise<never> => {
      await deps.limiter.fail(attempt)
      await deps.audit.append({
        action: 'session.login-failed',
        actor: place.userId,
        practiceId: place.practiceId,
        entity: `Passkey/${passkeyIdOf(passkey.id)}`,
        outcome: 'failure',
        requestId: c.var.requestId,
        reason,
      })
      throw new DomainError('invalid-passkey')
    }

    const refusal = await verifyAssertion(deps, place, passkey)
    if (refusal) return refuse(refusal)
    if (!user || user.disabled) return refuse(user ? 'user-disabled' : 'unknown-passkey')
    return c.json(await finishSignIn(c, deps, { user, aal: 'aal2', delivery, method: 'passkey' }), 200)
  })
}
