import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { PasskeyAttestation, PasskeyName, PasskeyRegistered } from '#lib/contract/second-factors.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { linksTo, needsSession, problemResponses } from '#lib/http/openapi.ts'
import { requireSession } from '#lib/http/require-session.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { auditFirst } from '../second-factors/audit-first.ts'
import { ownAccount, ownEvent, requireBestProof } from '../second-factors/own-account.ts'
import { renewSession } from '../second-factors/renew-session.ts'
import { passkeyIdOf, viewOf } from './passkey-store.ts'
import { verifyAttestation } from './verify-attestation.ts'

const Body = z
  .strictObject({ passkey: PasskeyAttestation, name: PasskeyName.default('Passkey') })
  .meta({ id: 'RegisterPasskey' })

/** `POST /auth/passkeys/registration/verify`: the passkey is the user's from here on, and proves a second factor. */
export function addRegisterPasskey(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  const route = createRoute({
    method: 'post',
    path: '/auth/passkeys/registration/verify',
    operationId: 'registerPasskey',
    tags: ['Passkeys'],
    summary: 'Finish registering a passkey',
    description: 'With the first second factor come recovery codes, shown this once.',
    security: needsSession,
    middleware: [requireSession(deps)] as const,
    request: { body: { required: true, content: { 'application/json': { schema: Body } } } },
    responses: {
      200: {
        description: 'Registered',
        content: { 'application/json': { schema: PasskeyRegistered } },
        links: linksTo('/passkey/id', 'renamePasskey', 'removePasskey'),
      },
      ...problemResponses(400, 401, 403, 409, 413, 415, 422, 429, 500, 503),
    },
  })

  app.openapi(route, async (c) => {
    const { place } = await ownAccount(c, deps)
    await requireBestProof(c, deps, place)
    const { passkey: attestation, name } = c.req.valid('json')
    const attested = await verifyAttestation(deps, place, attestation)
    if (!attested) throw new DomainError('invalid-passkey')

    const passkey = { ...attested.made, name, createdAt: deps.now() }
    const event = { ...ownEvent(c), entity: `Passkey/${passkeyIdOf(passkey.credentialId)}` }
    const { recoveryCodes } = await auditFirst(deps, { action: 'passkey.register', ...event }, async () => {
      const added = await deps.passkeys.add(place, passkey, attested.counter)
      if (!added) throw new DomainError('passkey-refused')
      return added
    })
    // Sessions from before the first second factor were opened by less than is asked from now on.
    const endOthers = recoveryCodes !== undefined
    const renewed = await renewSession(c, deps, { aal: 'aal2', method: 'passkey', endOthers })
    return c.json({ ...renewed, passkey: viewOf(passkey), ...(recoveryCodes && { recoveryCodes }) }, 200)
  })
}
