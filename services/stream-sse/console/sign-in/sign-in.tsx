import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { useState } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import type { LoginAnswer } from '#lib/contract/session.ts'
import { Notice } from '../parts/notice.tsx'
import { Wordmark } from '../parts/wordmark.tsx'
import type { SignOutReason } from '../use-session.ts'
import { PasskeyButton } from './passkey-button.tsx'
import { PasswordForm } from './password-form.tsx'
import type { ProofMethod } from './proof-form.tsx'
import { SecondStep } from './second-step.tsx'
import type { AttemptOutcome } from './use-sign-in-attempt.ts'

export interface SignInProps {
  readonly auth: AuthClient
  readonly reason: SignOutReason | undefined
  readonly onSignedIn: (answer: LoginAnswer) => Promise<void>
}

type Step =
  | { readonly kind: 'first'; readonly notice: 'none' | 'start-over' }
  | { readonly kind: 'second'; readonly challengeId: string; readonly methods: readonly ProofMethod[] }

const knownMethods: readonly ProofMethod[] = ['passkey', 'totp', 'recoveryCode']

/** The door: e-mail and password and, where the account has one, a second factor; or a passkey, which is both. */
export function SignIn({ auth, reason, onSignedIn }: SignInProps) {
  const [step, setStep] = useState<Step>({ kind: 'first', notice: 'none' })

  async function proceed(outcome: AttemptOutcome): Promise<void> {
    if (outcome.kind === 'mfa-required') {
      const methods = knownMethods.filter((method) => outcome.methods.includes(method))
      setStep({ kind: 'second', challengeId: outcome.challengeId, methods })
    } else if (outcome.kind === 'signed-in') await onSignedIn(outcome.answer)
  }

  return (
    <main className="gate">
      <section className="gate-card" aria-labelledby="gate-title">
        <Wordmark />
        <h1 id="gate-title">{step.kind === 'second' ? 'Confirm it is you' : 'Sign in'}</h1>
        {step.kind === 'first' ? (
          <>
            <DoorNotice reason={reason} isLate={step.notice === 'start-over'} />
            <PasswordForm auth={auth} onOutcome={proceed} />
            {browserSupportsWebAuthn() && <PasskeyButton auth={auth} onOutcome={proceed} />}
          </>
        ) : (
          <SecondStep
            auth={auth}
            challengeId={step.challengeId}
            methods={step.methods}
            onOutcome={proceed}
            onStartOver={(isExpired) => setStep({ kind: 'first', notice: isExpired ? 'start-over' : 'none' })}
          />
        )}
      </section>
    </main>
  )
}

/** Why somebody stands at the door again. */
function DoorNotice({
  reason,
  isLate,
}: {
  readonly reason: SignOutReason | undefined
  readonly isLate: boolean
}) {
  if (isLate)
    return (
      <Notice tone="warn" title="That sign-in took too long" isAnnounced>
        <p>Start again with your e-mail address and password.</p>
      </Notice>
    )
  if (reason === 'signed-out') return <Notice tone="info" title="You are signed out" isAnnounced />
  if (reason === undefined) return null
  return (
    <Notice tone="info" title="Your session has ended" isAnnounced>
      <p>For the patients’ privacy it ends after a time without activity. Sign in to go on.</p>
    </Notice>
  )
}
