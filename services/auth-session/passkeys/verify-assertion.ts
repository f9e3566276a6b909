import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { PasskeyAssertion } from '#lib/contract/proofs.ts'
import type { AuthDeps } from '../auth-deps.ts'
import type { UserPlace } from '../users/user-store.ts'
import { type Passkey, passkeyIdOf } from './passkey-store.ts'
import { relyingPartyOf } from './relying-party.ts'

export type AssertionRefusal =
  | 'challenge-gone'
  | 'unknown-passkey'
  | 'invalid-assertion'
  | 'counter-went-back'

/**
 * Whether one of the user's passkeys answered a challenge of ours, on a page of ours, after its holder was verified
 * (WebAuthn Level 3 §7.2). Judging uses the challenge up, whatever comes out.
 */
export async function verifyAssertion(
  deps: Pick<AuthDeps, 'passkeys' | 'passkeyChallenges' | 'origins' | 'now'>,
  user: UserPlace,
  assertion: PasskeyAssertion,
): Promise<AssertionRefusal | undefined> {
  const spent = await deps.passkeyChallenges.spend(assertion.response.clientDataJSON)
  if (!spent) return 'challenge-gone'
  const id = passkeyIdOf(assertion.id)
  const passkey = await deps.passkeys.find(user, id)
  if (!passkey) return 'unknown-passkey'
  const counter = await signedCounter(deps.origins, spent, passkey, assertion)
  if (counter === undefined) return 'invalid-assertion'
  return deps.passkeys.use(user, id, counter, deps.now())
}

/** The signature counter of a genuine assertion. The stored one is compared where no other can come between. */
async function signedCounter(
  origins: readonly string[],
  spent: { challenge: string; relyingPartyId: string },
  passkey: Passkey,
  assertion: PasskeyAssertion,
): Promise<number | undefined> {
  const relyingParty = relyingPartyOf(spent.relyingPartyId, origins)
  const { userHandle: _, ...response } = assertion.response
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...assertion, response, clientExtensionResults: {} },
      expectedChallenge: spent.challenge,
      expectedOrigin: [...relyingParty.origins],
      expectedRPID: relyingParty.id,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: 0,
      },
    })
    return verified ? authenticationInfo.newCounter : undefined
  } catch {
    // The library throws for whatever is wrong with what the caller sent, and reaches nothing outside.
    return undefined
  }
}
