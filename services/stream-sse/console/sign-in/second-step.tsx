import type { AuthClient } from '#lib/client/auth-client.ts'
import { ProofForm, type ProofMethod } from './proof-form.tsx'
import { proofRefusalText } from './proof-refusal.ts'
import { type AttemptOutcome, useSignInAttempt } from './use-sign-in-attempt.ts'

export interface SecondStepProps {
  readonly auth: AuthClient
  readonly challengeId: string
  readonly methods: readonly ProofMethod[]
  readonly onOutcome: (outcome: AttemptOutcome) => Promise<void>
  readonly onStartOver: (isExpired: boolean) => void
}

/** The second factor, in one of the ways the account has. */
export function SecondStep({ auth, challengeId, methods, onOutcome, onStartOver }: SecondStepProps) {
  const attempt = useSignInAttempt(async (outcome) => {
    if (outcome.kind !== 'refused') return onOutcome(outcome)
    // Any other refusal means that the challenge is gone, and a new proof cannot help.
    if (proofRefusalText(outcome.code) === undefined) onStartOver(true)
  }, proofRefusalText)
  return (
    <>
      <ProofForm
        methods={methods}
        attempt={attempt}
        challengeId={challengeId}
        onProof={(proof) => void attempt.submit(async () => auth.loginMfa(challengeId, await proof()))}
      />
      <button type="button" className="button button-quiet" onClick={() => onStartOver(false)}>
        Use another account
      </button>
    </>
  )
}
