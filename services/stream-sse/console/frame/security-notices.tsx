import { useEffect, useState } from 'react'
import { useLive } from '../parts/live.tsx'
import { SignInNotice } from './sign-in-notice.tsx'

/** Tells at once, in every open console of a person, that somebody signed in as them from somewhere new. */
export function SecurityNotices() {
  const { events } = useLive()
  const [isTold, setTold] = useState(false)
  useEffect(
    () =>
      events.onEvent((envelope) => {
        if (envelope.stream === 'session:notices' && envelope.data.event === 'new-device') setTold(true)
      }),
    [events],
  )
  if (!isTold) return null
  return (
    <SignInNotice
      tone="warn"
      title="Somebody has just signed in as you from a new browser or network"
      onKnown={() => setTold(false)}
    >
      If that was not you, end that session and change your password now.
    </SignInNotice>
  )
}
