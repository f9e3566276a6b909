import { useEffect, useState } from 'react'
import type { ConnectionState } from '#lib/client/connection-state.ts'

/** A rotation or a short hiccup is over before anyone must know of it. */
const patienceMs = 1500

/** Tells that the page has lost its live updates, once that has lasted. */
export function ConnectionBanner({ state }: { readonly state: ConnectionState }) {
  const isDown = state.kind === 'waiting' || (state.kind === 'connecting' && state.attempt > 0)
  const [isShown, setShown] = useState(false)
  const isOffline = state.kind === 'waiting' && state.reason === 'offline'
  useEffect(() => {
    if (!isDown) return setShown(false)
    const timer = setTimeout(() => setShown(true), patienceMs)
    return () => clearTimeout(timer)
  }, [isDown])

  return (
    <div role="status">
      {isShown && (
        <p className="banner">
          <strong>{isOffline ? 'This computer is offline.' : 'Live updates are interrupted.'}</strong>{' '}
          {isOffline
            ? 'What you see is from before; it goes on by itself once the network is back.'
            : 'Reconnecting by itself. What you see may be out of date.'}
        </p>
      )}
    </div>
  )
}
