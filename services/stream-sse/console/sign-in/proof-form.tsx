import { type SubmitEvent, useEffect, useRef, useState } from 'react'
import type { Proof } from '#lib/contract/proofs.ts'
import { askForPasskey } from '../parts/passkey-prompt.ts'
import { FormErrors } from './form-errors.tsx'
import type { SignInAttempt } from './use-sign-in-attempt.ts'

export type ProofMethod = 'totp' | 'passkey' | 'recoveryCode' | 'password'
export type GivenProof = Proof & { readonly password?: string }

export interface ProofFormProps {
  /** What the person has, the handiest first. */
  readonly methods: readonly ProofMethod[]
  readonly attempt: SignInAttempt
  /** Of the sign-in that the proof is for; without it the one is meant who is signed in. */
  readonly challengeId?: string
  readonly onProof: (proof: () => Promise<GivenProof>) => void
}

const typed = {
  totp: {
    text: 'Open the authenticator app on your phone and type the code it shows.',
    label: 'Six-digit code',
    other: 'Use the authenticator app',
    input: { className: 'code-input', inputMode: 'numeric', autoComplete: 'one-time-code' },
    clean: (text: string) => text.replace(/[^0-9]/g, '').slice(0, 6),
    lengthMin: 6,
  },
  recoveryCode: {
    text: 'Type one of the recovery codes you kept. Each works once.',
    label: 'Recovery code',
    other: 'Use a recovery code',
    input: { autoComplete: 'off', autoCapitalize: 'none', spellCheck: false },
    clean: (text: string) => text.slice(0, 64),
    lengthMin: 25,
  },
  password: {
    text: 'For your safety, type your password again.',
    label: 'Password',
    other: 'Use your password',
    input: { type: 'password', autoComplete: 'current-password' },
    clean: (text: string) => text,
    lengthMin: 1,
  },
} as const

const otherWay = (method: ProofMethod) => (method === 'passkey' ? 'Use a passkey' : typed[method].other)

/** Lets a person prove who they are in one of the ways they have. */
export function ProofForm({ methods, attempt, challengeId, onProof }: ProofFormProps) {
  const [chosen, setChosen] = useState<ProofMethod>()
  const method = chosen ?? methods[0] ?? 'totp'
  return (
    <>
      {method === 'passkey' ? (
        <PasskeyProof attempt={attempt} onProve={() => onProof(() => passkeyProof(challengeId))} />
      ) : (
        <TypedProof key={method} method={method} attempt={attempt} onProof={onProof} />
      )}
      {methods
        .filter((other) => other !== method)
        .map((other) => (
          <button key={other} type="button" className="button button-quiet" onClick={() => setChosen(other)}>
            {otherWay(other)}
          </button>
        ))}
    </>
  )
}

const passkeyProof = async (challengeId: string | undefined): Promise<GivenProof> => ({
  passkey: await askForPasskey(challengeId),
})

interface PasskeyProofProps extends Pick<ProofFormProps, 'attempt'> {
  readonly onProve: () => void
}

function PasskeyProof({ attempt, onProve }: PasskeyProofProps) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  return (
    <div className="proof">
      <p className="gate-text">Confirm with the passkey of this device or of your phone.</p>
      <FormErrors id="proof-errors" attempt={attempt} />
      <button
        ref={button}
        type="button"
        className="button button-primary"
        aria-disabled={attempt.isBusy || attempt.waitSeconds > 0}
        onClick={onProve}
      >
        {attempt.isBusy ? 'Waiting for the passkey…' : 'Use the passkey'}
      </button>
    </div>
  )
}

interface TypedProofProps extends Pick<ProofFormProps, 'attempt' | 'onProof'> {
  readonly method: keyof typeof typed
}

function TypedProof({ method, attempt, onProof }: TypedProofProps) {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const { text: instruction, label, input: attributes, clean, lengthMin } = typed[method]
  useEffect(() => input.current?.focus(), [])
  useEffect(() => {
    if (attempt.error === undefined) return
    setText('')
    input.current?.focus()
  }, [attempt.error])
  const isWhole = text.trim().length >= lengthMin

  function prove(event: SubmitEvent): void {
    event.preventDefault()
    if (isWhole) onProof(async () => ({ [method]: method === 'password' ? text : text.trim() }))
  }
  return (
    <form method="post" className="proof" onSubmit={prove}>
      <p className="gate-text">{instruction}</p>
      <label className="field">
        <span>{label}</span>
        <input
          ref={input}
          {...attributes}
          name={method}
          required
          value={text}
          onChange={(event) => setText(clean(event.target.value))}
          aria-describedby="proof-errors"
        />
      </label>
      <FormErrors id="proof-errors" attempt={attempt} />
      <button
        type="submit"
        className="button button-primary"
        aria-disabled={attempt.isBusy || attempt.waitSeconds > 0 || !isWhole}
      >
        {attempt.isBusy ? 'Checking…' : 'Continue'}
      </button>
    </form>
  )
}
