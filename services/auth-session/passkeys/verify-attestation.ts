import { verifyRegistrationResponse } from '@simplewebauthn/server'
import type { PasskeyAttestation } from '#lib/contract/second-factors.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { UserPlace } from '../users/user-store.ts'
import type { Passkey } from './passkey-store.ts'
import { relyingPartyOf } from './relying-party.ts'

/** EdDSA, ES256, RS256 by their COSE numbers: what WebAuthn Level 3 §5.4 recommends for the widest reach. */
export const algorithms = [-8, -7, -257] as const

/**
 * The passkey that an authenticator made for a challenge of ours, on a page of ours, after it verified its holder
 * (WebAuthn Level 3 §7.1), and its signature counter; undefined where it is none. Uses the challenge up.
 */
export async function verifyAttestation(
  deps: Pick<AuthDeps, 'passkeyChallenges' | 'origins'>,
  user: UserPlace,
  attestation: PasskeyAttestation,
): Promise<{ made: Omit<Passkey, 'name' | 'createdAt'>; counter: number } | undefined> {
  const spent = await deps.passkeyChallenges.spend(attestation.response.clientDataJSON, user)
  if (!spent) return undefined
  const relyingParty = relyingPartyOf(spent.relyingPartyId, deps.origins)
  const { transports = [], ...response } = attestation.response
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { ...attestation, response, clientExtensionResults: {} },
      expectedChallenge: spent.challenge,
      expectedOrigin: [...relyingParty.origins],
      expectedRPID: relyingParty.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    })
    if (!registrationInfo) return undefined
    const { credential, credentialBackedUp } = registrationInfo
    const publicKey = Buffer.from(credential.publicKey).toString('base64url')
    const made = { credentialId: credential.id, publicKey, transports, synced: credentialBackedUp }
    return { made, counter: credential.counter }
  } catch {
    // The library throws for whatever is wrong with what the caller sent, and reaches nothing outside.
    return undefined
  }
}
