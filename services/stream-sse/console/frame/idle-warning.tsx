import { useEffect } from 'react'
import type { IdleLogoff } from '#lib/client/idle-logoff.ts'
import { useIdleLogoff } from '#lib/client/use-idle-logoff.ts'
import { Dialog } from '../parts/dialog.tsx'
import { useNow } from '../parts/use-now.ts'

export interface IdleWarningProps {
  readonly idle: IdleLogoff
  readonly onEnded: () => Promise<void>
  readonly onSignOut: () => Promise<void>
}

/** Says that the session is about to end, how soon, and how to stay; and ends the page with it. */
export function IdleWarning({ idle, onEnded, onSignOut }: IdleWarningProps) {
  const { state, stay } = useIdleLogoff(idle)
  const now = useNow(state.kind === 'warning' ? 500 : undefined)
  useEffect(() => {
    if (state.kind === 'ended') void onEnded()
  }, [state.kind, onEnded])
  if (state.kind !== 'warning') return null

  const seconds = Math.max(0, Math.ceil((state.endsAt - now) / 1000))
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return (
    <Dialog title="You are about to be signed out" onClose={stay} isAlert>
      <p>
        {state.canStay
          ? 'Nothing was done here for a while. To keep patients’ data private the session ends in'
          : 'The session has reached its greatest age. Save your work and sign in again; it ends in'}
      </p>
      <p className="countdown" role="timer">
        {left}
      </p>
      <div className="actions">
        {state.canStay && (
          <button type="button" className="button button-primary" onClick={stay}>
            Stay signed in
          </button>
        )}
        <button type="button" className="button" onClick={() => void onSignOut()}>
          Sign out now
        </button>
      </div>
    </Dialog>
  )
}
