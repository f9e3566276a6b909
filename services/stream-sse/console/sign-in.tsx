import { useState } from 'react'
import type { AuthClient, LoginOutcome } from '#lib/client/auth-client.ts'
import { CodeForm } from './code-form.tsx'
import { Notice } from './notice.tsx'
import { PasswordForm } from './password-form.tsx'
import type { SignOutReason } from './use-session.ts'
import { Wordmark } from './wordmark.tsx'

export interface SignInProps {
  readonly auth: AuthClient
  readonly reason: SignOutReason | undefined
  readonly onSignedIn: () => Promise<void>
}

type Step =
  | { readonly kind: 'password'; readonly notice: 'none' | 'start-over' }
  | { readonly kind: 'code'; readonly challengeId: string }

/** The door: e-mail and password, then the six digits where the account has a second factor. */
export function SignIn({ auth, reason, onSignedIn }: SignInProps) {
  const [step, setStep] = useState<Step>({ kind: 'password', notice: 'none' })

  async function proceed(outcome: LoginOutcome): Promise<void> {
    if (outcome.kind === 'mfa-required') setStep({ kind: 'code', challengeId: outcome.challengeId })
    else if (outcome.kind === 'signed-in') await onSignedIn()
  }

  return (
    <main className="gate">
      <section className="gate-card" aria-labelledby="gate-title">
        <Wordmark />
        <h1 id="gate-title">{step.kind === 'code' ? 'Confirm it is you' : 'Sign in'}</h1>
        {step.kind === 'password' ? (
          <>
            {reason === 'session-ended' && step.notice === 'none' && (
              <Notice tone="info" title="Your session has ended" isAnnounced>
                <p>For the patients’ privacy it ends after a time without activity. Sign in to go on.</p>
              </Notice>
            )}
            {reason === 'signed-out' && step.notice === 'none' && (
              <Notice tone="info" title="You are signed out" isAnnounced />
            )}
            {step.notice === 'start-over' && (
              <Notice tone="warn" title="That sign-in took too long" isAnnounced>
                <p>Start again with your e-mail address and password.</p>
              </Notice>
            )}
            <PasswordForm auth={auth} onOutcome={proceed} />
          </>
        ) : (
          <CodeForm
            auth={auth}
            challengeId={step.challengeId}
            onOutcome={proceed}
            onStartOver={(isExpired) =>
              setStep({ kind: 'password', notice: isExpired ? 'start-over' : 'none' })
            }
          />
        )}
      </section>
    </main>
  )
}
