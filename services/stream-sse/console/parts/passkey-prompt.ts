import { startAuthentication } from '@simplewebauthn/browser'
import { callService } from '#lib/client/call-service.ts'
import type { PasskeyAssertion } from '#lib/contract/proofs.ts'

/** The browser gave no passkey: nobody chose one, the prompt was closed, or this device has none that fits. */
export class NoPasskey extends Error {
  override readonly name = 'NoPasskey'
}

type Options = Parameters<typeof startAuthentication>[0]['optionsJSON']

/**
 * Lets the browser ask for a passkey; with the challenge of a sign-in, for one of that user's.
 * @throws NoPasskey, ServiceError
 */
export async function askForPasskey(challengeId?: string): Promise<PasskeyAssertion> {
  const optionsJSON = await callService<Options>(
    (url, init) => fetch(url, init),
    '/auth/passkeys/authentication/options',
    { method: 'POST', body: challengeId === undefined ? {} : { challengeId } },
  )
  try {
    const { id, rawId, response } = await startAuthentication({ optionsJSON })
    const { userHandle, ...signed } = response
    return {
      id,
      rawId,
      type: 'public-key',
      response: { ...signed, ...(userHandle !== undefined && { userHandle }) },
    }
  } catch (cause) {
    throw new NoPasskey('the browser gave no passkey', { cause })
  }
}
