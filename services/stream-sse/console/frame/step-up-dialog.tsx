import type { Problem } from '#lib/contract/problem.ts'
import type { SecondFactors } from '#lib/contract/second-factors.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { useReading } from '../parts/use-reading.ts'
import { ProofForm, type ProofMethod } from '../sign-in/proof-form.tsx'
import { proofRefusalText } from '../sign-in/proof-refusal.ts'
import { useSignInAttempt } from '../sign-in/use-sign-in-attempt.ts'
import { proveAgain } from './prove-again.ts'
import { go, routeTo } from './use-route.ts'

export interface StepUpDialogProps {
  readonly userId: string
  readonly needs: Problem['needs']
  /** Proved or given up. */
  readonly onEnd: (isProved: boolean) => void
}

/** Asks for a proof before something sensitive is done. */
export function StepUpDialog({ userId, needs, onEnd }: StepUpDialogProps) {
  const factors = useReading<SecondFactors>('/auth/mfa')
  return (
    <Dialog title="Confirm it is you" onClose={() => onEnd(false)}>
      <Loaded of={factors} data={factors.data}>
        {(data) => <StepUp userId={userId} methods={methodsOf(data, needs)} onEnd={onEnd} />}
      </Loaded>
      <Button kind="quiet" onClick={() => onEnd(false)}>
        Cancel
      </Button>
    </Dialog>
  )
}

function methodsOf(factors: SecondFactors, needs: Problem['needs']): ProofMethod[] {
  const second: ProofMethod[] = []
  if (factors.passkeys.length > 0) second.push('passkey')
  if (factors.totp === 'enrolled') second.push('totp')
  if (second.length > 0) return factors.recoveryCodesLeft > 0 ? [...second, 'recoveryCode'] : second
  return needs?.aal === 'aal2' ? [] : ['password']
}

interface StepUpProps extends Pick<StepUpDialogProps, 'userId' | 'onEnd'> {
  readonly methods: readonly ProofMethod[]
}

function StepUp({ userId, methods, onEnd }: StepUpProps) {
  const attempt = useSignInAttempt(async (outcome) => {
    if (outcome.kind === 'proved') onEnd(true)
    // The session is gone; what waits will hear so itself.
    if (outcome.kind === 'refused' && proofRefusalText(outcome.code) === undefined) onEnd(true)
  }, proofRefusalText)
  if (methods.length > 0)
    return (
      <ProofForm
        methods={methods}
        attempt={attempt}
        onProof={(proof) => void attempt.submit(async () => proveAgain(userId, await proof()))}
      />
    )
  return (
    <>
      <p>This needs a second factor, and your account has none yet.</p>
      <button
        type="button"
        className="button button-primary"
        onClick={() => {
          onEnd(false)
          go(routeTo('account'))
        }}
      >
        Set up a second factor
      </button>
    </>
  )
}
