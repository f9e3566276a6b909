import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { useState } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import type { LoginAnswer } from '#lib/contract/session.ts'
import { Wordmark } from '../parts/wordmark.tsx'
import type { SignOutReason } from '../use-session.ts'
import { DoorNotice } from './door-notice.tsx'
import { PasskeyButton } from './passkey-button.tsx'
import { PasswordForm } from './password-form.tsx'
import type { ProofMethod } from './proof-form.tsx'
import { ProviderLinks } from './provider-links.tsx'
import { type ProviderReturn, takeProviderReturn } from './provider-return.ts'
import { SecondStep } from './second-step.tsx'
import type { AttemptOutcome } from './use-sign-in-attempt.ts'

export interface SignInProps {
  readonly auth: AuthClient
  readonly reason: SignOutReason | undefined
  readonly onSignedIn: (answer: LoginAnswer) => Promise<void>
}

type Step =
  | { readonly kind: 'first'; readonly isLate?: boolean; readonly refusal?: string }
  | { readonly kind: 'second'; readonly challengeId: string; readonly methods: readonly ProofMethod[] }

const knownMethods: readonly ProofMethod[] = ['passkey', 'totp', 'recoveryCode']
const secondStep = (challengeId: string, offered: readonly string[]): Step => ({
  kind: 'second',
  challengeId,
  methods: knownMethods.filter((method) => offered.includes(method)),
})

function firstStep(back: ProviderReturn | undefined): Step {
  if (back?.kind === 'mfa-required') return secondStep(back.challengeId, back.methods)
  return { kind: 'first', ...(back && { refusal: back.code }) }
}

/** The door: e-mail and password and, where the account has one, a second factor; or a passkey, which is both. */
export function SignIn({ auth, reason, onSignedIn }: SignInProps) {
  const [step, setStep] = useState(() => firstStep(takeProviderReturn()))

  async function proceed(outcome: AttemptOutcome): Promise<void> {
    if (outcome.kind === 'mfa-required') setStep(secondStep(outcome.challengeId, outcome.methods))
    else if (outcome.kind === 'signed-in') await onSignedIn(outcome.answer)
  }

  return (
    <main className="gate">
      <section className="gate-card" aria-labelledby="gate-title">
        <Wordmark />
        <h1 id="gate-title">{step.kind === 'second' ? 'Confirm it is you' : 'Sign in'}</h1>
        {step.kind === 'first' ? (
          <>
            <DoorNotice reason={reason} refusal={step.refusal} isLate={step.isLate ?? false} />
            <PasswordForm auth={auth} onOutcome={proceed} />
            {browserSupportsWebAuthn() && <PasskeyButton auth={auth} onOutcome={proceed} />}
            <ProviderLinks />
          </>
        ) : (
          <SecondStep
            auth={auth}
            challengeId={step.challengeId}
            methods={step.methods}
            onOutcome={proceed}
            onStartOver={(isLate) => setStep({ kind: 'first', isLate })}
          />
        )}
      </section>
    </main>
  )
}
