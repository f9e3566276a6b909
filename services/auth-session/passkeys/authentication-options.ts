import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { generateAuthenticationOptions } from '@simplewebauthn/server'
import { ChallengeId } from '#lib/contract/proofs.ts'
import { RequestOptions } from '#lib/contract/second-factors.ts'
import { problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import { refuseForeignPage } from '../sign-in/foreign-page.ts'
import { challengeLifeMs } from './passkey-challenges.ts'
import { relyingPartyFor } from './relying-party.ts'

const Body = z.strictObject({ challengeId: ChallengeId.optional() }).meta({ id: 'PasskeyOptionsRequest' })

/** `POST /auth/passkeys/authentication/options`: what `navigator.credentials.get()` is to be asked. */
export function addPasskeyAuthenticationOptions(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/passkeys/authentication/options',
    operationId: 'passkeyAuthenticationOptions',
    tags: ['Passkeys'],
    summary: 'Begin to sign in, or to step up, with a passkey',
    description: 'With the challenge of a sign-in whose password was right it names that user’s passkeys.',
    request: { body: { content: { 'application/json': { schema: Body } } } },
    responses: {
      200: { description: 'For the browser', content: { 'application/json': { schema: RequestOptions } } },
      ...problemResponses(400, 403, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    refuseForeignPage(c, deps.origins)
    const address = deps.index.address(clientAddress(c, deps.trustedProxies))
    await deps.limiter.admit({ account: undefined, address })

    const { challengeId } = c.req.valid('json')
    const challenge = challengeId === undefined ? undefined : await deps.challenges.find(challengeId)
    const allowed = challenge ? await deps.passkeys.list(challenge) : []
    const relyingParty = relyingPartyFor(c, deps.origins)
    const options = await generateAuthenticationOptions({
      rpID: relyingParty.id,
      timeout: challengeLifeMs,
      userVerification: 'required',
      allowCredentials: allowed.map(({ credentialId, transports }) => ({ id: credentialId, transports })),
    })
    await deps.passkeyChallenges.open(options.challenge, relyingParty.id)
    return c.json(RequestOptions.parse(options), 200)
  })
}
