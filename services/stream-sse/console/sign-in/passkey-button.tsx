import type { AuthClient } from '#lib/client/auth-client.ts'
import { askForPasskey } from '../parts/passkey-prompt.ts'
import { FormErrors } from './form-errors.tsx'
import { proofRefusalText } from './proof-refusal.ts'
import { type AttemptOutcome, useSignInAttempt } from './use-sign-in-attempt.ts'

export interface PasskeyButtonProps {
  readonly auth: AuthClient
  readonly onOutcome: (outcome: AttemptOutcome) => Promise<void>
}

/** Signs in with a passkey alone: the browser knows whose it is. */
export function PasskeyButton({ auth, onOutcome }: PasskeyButtonProps) {
  const attempt = useSignInAttempt(onOutcome, proofRefusalText)
  return (
    <>
      <p className="gate-or" aria-hidden="true">
        or
      </p>
      <FormErrors id="passkey-errors" attempt={attempt} />
      <button
        type="button"
        className="button"
        aria-disabled={attempt.isBusy || attempt.waitSeconds > 0}
        onClick={() => void attempt.submit(async () => auth.loginPasskey(await askForPasskey()))}
      >
        {attempt.isBusy ? 'Waiting for the passkey…' : 'Sign in with a passkey'}
      </button>
    </>
  )
}
