import { startRegistration } from '@simplewebauthn/browser'
import type { PasskeyAttestation } from '#lib/contract/second-factors.ts'
import { NoPasskey } from '../parts/passkey-prompt.ts'
import type { Ask } from '../parts/service.tsx'

type Options = Parameters<typeof startRegistration>[0]['optionsJSON']

/**
 * Lets this browser make a passkey for the person who is signed in.
 * @throws NoPasskey, ServiceError
 */
export async function makePasskey(ask: Ask): Promise<PasskeyAttestation> {
  const call = { method: 'POST', body: {} } as const
  const optionsJSON = await ask<Options>('/auth/passkeys/registration/options', call)
  try {
    const { id, rawId, response } = await startRegistration({ optionsJSON })
    const { clientDataJSON, attestationObject, transports } = response
    return {
      id,
      rawId,
      type: 'public-key',
      response: { clientDataJSON, attestationObject, ...(transports && { transports }) },
    }
  } catch (cause) {
    throw new NoPasskey('the browser made no passkey', { cause })
  }
}
