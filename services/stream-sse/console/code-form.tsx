import { useEffect, useRef, useState } from 'react'
import type { AuthClient, LoginOutcome } from '#lib/client/auth-client.ts'
import { FormErrors } from './form-errors.tsx'
import { useSignInAttempt } from './use-sign-in-attempt.ts'

export interface CodeFormProps {
  readonly auth: AuthClient
  readonly challengeId: string
  readonly onOutcome: (outcome: LoginOutcome) => Promise<void>
  readonly onStartOver: (isExpired: boolean) => void
}

const refusalText = (code: string) =>
  code === 'invalid-code'
    ? 'That code is wrong, was used before, or is too old. Wait for the next one and type it in.'
    : undefined

/** The second factor: six digits of the authenticator app. */
export function CodeForm({ auth, challengeId, onOutcome, onStartOver }: CodeFormProps) {
  const [code, setCode] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const attempt = useSignInAttempt(async (outcome) => {
    if (outcome.kind !== 'refused') return onOutcome(outcome)
    // Any other refusal means that the challenge is gone, and a new code cannot help.
    if (outcome.code !== 'invalid-code') return onStartOver(true)
    setCode('')
    input.current?.focus()
  }, refusalText)
  useEffect(() => input.current?.focus(), [])
  const isWhole = code.length === 6

  return (
    <form
      method="post"
      onSubmit={(event) => {
        event.preventDefault()
        if (isWhole) void attempt.submit(() => auth.loginMfa(challengeId, code))
      }}
    >
      <p className="gate-text">Open the authenticator app on your phone and type the code it shows.</p>
      <label className="field">
        <span>Six-digit code</span>
        <input
          ref={input}
          className="code-input"
          name="totp"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={code}
          onChange={(event) => setCode(event.target.value.replace(/[^0-9]/g, '').slice(0, 6))}
          aria-describedby="code-errors"
        />
      </label>
      <FormErrors id="code-errors" attempt={attempt} />
      <button
        type="submit"
        className="button button-primary"
        aria-disabled={attempt.isBusy || attempt.waitSeconds > 0 || !isWhole}
      >
        {attempt.isBusy ? 'Checking…' : 'Continue'}
      </button>
      <button type="button" className="button button-quiet" onClick={() => onStartOver(false)}>
        Use another account
      </button>
    </form>
  )
}
