import { useEffect, useRef } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import { FormErrors } from './form-errors.tsx'
import { type AttemptOutcome, useSignInAttempt } from './use-sign-in-attempt.ts'

export interface PasswordFormProps {
  readonly auth: AuthClient
  readonly onOutcome: (outcome: AttemptOutcome) => Promise<void>
}

const refusalText = () => 'The e-mail address or the password is wrong. Check both; capital letters matter.'

/** The first factor. `method="post"` keeps a password out of the URL should the script ever fail. */
export function PasswordForm({ auth, onOutcome }: PasswordFormProps) {
  const attempt = useSignInAttempt(onOutcome, refusalText)
  const email = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  useEffect(() => email.current?.focus(), [])
  useEffect(() => {
    if (attempt.error !== undefined) password.current?.select()
  }, [attempt.error])

  return (
    <form
      method="post"
      onSubmit={(event) => {
        event.preventDefault()
        void attempt.submit(() =>
          auth.login(email.current?.value.trim() ?? '', password.current?.value ?? ''),
        )
      }}
    >
      <label className="field">
        <span>E-mail address</span>
        <input
          ref={email}
          name="email"
          type="email"
          required
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby="password-errors"
        />
      </label>
      <label className="field">
        <span>Password</span>
        <input
          ref={password}
          name="password"
          type="password"
          required
          autoComplete="current-password"
          aria-describedby="password-errors"
        />
      </label>
      <FormErrors id="password-errors" attempt={attempt} />
      <button
        type="submit"
        className="button button-primary"
        aria-disabled={attempt.isBusy || attempt.waitSeconds > 0}
      >
        {attempt.isBusy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  )
}
