import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { generateRegistrationOptions } from '@simplewebauthn/server'
import { CreationOptions } from '#lib/contract/second-factors.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { ownAccount, requireBestProof } from '../second-factors/own-account.ts'
import { challengeLifeMs } from './passkey-challenges.ts'
import { relyingPartyFor, siteName } from './relying-party.ts'
import { userHandleOf } from './user-handle.ts'
import { algorithms } from './verify-attestation.ts'

/** `POST /auth/passkeys/registration/options`: what `navigator.credentials.create()` is to be asked. */
export function addPasskeyRegistrationOptions(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/passkeys/registration/options',
    operationId: 'passkeyRegistrationOptions',
    tags: ['Passkeys'],
    summary: 'Begin to register a passkey',
    description:
      'Needs a proof of the last minutes, of a second factor where there is one. Good for five minutes.',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    responses: {
      200: { description: 'For the browser', content: { 'application/json': { schema: CreationOptions } } },
      ...problemResponses(401, 403, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { user, place } = await ownAccount(c, deps)
    await requireBestProof(c, deps, place)

    const relyingParty = relyingPartyFor(c, deps.origins)
    const known = await deps.passkeys.list(place)
    const options = await generateRegistrationOptions({
      rpName: siteName,
      rpID: relyingParty.id,
      userName: user.email,
      userID: userHandleOf(place),
      timeout: challengeLifeMs,
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId, transports }) => ({ id: credentialId, transports })),
      // Kept on the authenticator, so that it can sign in by itself; verified, so that it is two factors in one.
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: [...algorithms],
    })
    await deps.passkeyChallenges.open(options.challenge, relyingParty.id, place)
    return c.json(CreationOptions.parse(options), 200)
  })
}
