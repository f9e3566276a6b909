import type { ProblemCode } from '#lib/contract/problem.ts'
import type { Proof } from '#lib/contract/proofs.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { type AssertionRefusal, verifyAssertion } from '../passkeys/verify-assertion.ts'
import type { User } from '../users/user-store.ts'
import { matchingStep } from './totp.ts'

export type ProofRefusal = 'wrong-code' | 'code-reused' | 'authenticator-disabled' | AssertionRefusal

type ProofDeps = Pick<
  AuthDeps,
  'authenticators' | 'recoveryCodes' | 'passkeys' | 'passkeyChallenges' | 'origins' | 'now'
>

/**
 * Why the proof is none, or undefined: then it is spent, so that of two calls that carry it at the same time one is
 * refused. Guesses at a TOTP code are counted; what else can be given is beyond guessing.
 */
export async function proveSecondFactor(
  deps: ProofDeps,
  user: User,
  proof: Proof,
): Promise<ProofRefusal | undefined> {
  const place = { practiceId: user.practiceId, userId: user.id }
  if (proof.passkey) return verifyAssertion(deps, place, proof.passkey)
  if (proof.recoveryCode !== undefined)
    return (await deps.recoveryCodes.spend(place, proof.recoveryCode)) ? undefined : 'wrong-code'

  const refusal = await spendCode(deps, user, proof.totp ?? '')
  const enabled = await deps.authenticators.settle(place, 'totp', refusal ? 'fail' : 'pass')
  return enabled ? refusal : 'authenticator-disabled'
}

async function spendCode(deps: ProofDeps, user: User, code: string): Promise<ProofRefusal | undefined> {
  const step = user.totpSecret === undefined ? undefined : matchingStep(user.totpSecret, code, deps.now())
  if (step === undefined) return 'wrong-code'
  return (await deps.authenticators.spendTotpStep(user, step)) ? undefined : 'code-reused'
}

/** How the proof is called in the audit log. */
export const methodOf = (proof: Proof): string =>
  proof.passkey ? 'passkey' : proof.recoveryCode === undefined ? 'totp' : 'recovery-code'

export const refusalOf = (proof: Proof): ProblemCode => (proof.passkey ? 'invalid-passkey' : 'invalid-code')
