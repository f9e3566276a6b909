import { useState } from 'react'
import type { LoginAnswer } from '#lib/contract/session.ts'
import { SignInNotice } from './sign-in-notice.tsx'

/** Tells who has just signed in that the device is new, so that a stranger's sign-in does not pass unseen. */
export function ArrivalNotice({ arrival }: { readonly arrival: LoginAnswer | undefined }) {
  const [isKnown, setKnown] = useState(false)
  if (isKnown || arrival?.newDevice !== true) return null
  const others = arrival.otherSessions ?? 0
  const places = others === 1 ? 'one other place' : `${others} other places`
  return (
    <SignInNotice
      tone="info"
      title="This is your first sign-in from this browser or network"
      onKnown={() => setKnown(true)}
    >
      {others > 0 && `You are also signed in in ${places}. `}
      If one of them is not you, end it and change your password.
    </SignInNotice>
  )
}
