import { useEffect, useState } from 'react'
import type { LoginOutcome } from '#lib/client/auth-client.ts'
import { NoPasskey } from '../parts/passkey-prompt.ts'
import { useNow } from '../parts/use-now.ts'

/** What a try to sign in, or to prove again who one is, comes to. */
export type AttemptOutcome = LoginOutcome | { readonly kind: 'proved' }

export interface SignInAttempt {
  readonly isBusy: boolean
  readonly error: string | undefined
  /** Seconds until another try is welcome; 0 when it is. */
  readonly waitSeconds: number
  submit(attempt: () => Promise<AttemptOutcome>): Promise<void>
}

const texts = {
  unreachable: 'Signing in is not possible at the moment: the service cannot be reached. Try again shortly.',
  noPasskey: 'The browser gave no passkey. Try again, or choose another way.',
} as const

/** Runs the tries of one sign-in form: busy, refused with a text that helps, or held back for a while. */
export function useSignInAttempt(
  onOutcome: (outcome: AttemptOutcome) => Promise<void>,
  refusalText: (code: string) => string | undefined,
): SignInAttempt {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const [waitUntil, setWaitUntil] = useState(0)
  const now = useNow(waitUntil > 0 ? 500 : undefined)
  const waitSeconds = waitUntil === 0 ? 0 : Math.max(0, Math.ceil((waitUntil - now) / 1000))

  useEffect(() => {
    if (waitUntil > 0 && waitSeconds === 0) setWaitUntil(0)
  }, [waitUntil, waitSeconds])

  async function submit(attempt: () => Promise<AttemptOutcome>): Promise<void> {
    if (isBusy || waitSeconds > 0) return
    setBusy(true)
    setError(undefined)
    try {
      const outcome = await attempt()
      if (outcome.kind === 'too-many-requests') setWaitUntil(Date.now() + (outcome.retryAfterMs ?? 30_000))
      else if (outcome.kind === 'refused') setError(refusalText(outcome.code))
      await onOutcome(outcome)
    } catch (cause) {
      setError(cause instanceof NoPasskey ? texts.noPasskey : texts.unreachable)
    } finally {
      setBusy(false)
    }
  }

  return { isBusy, error, waitSeconds, submit }
}
