import { useCallback, useEffect, useState } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'

export type SignOutReason = 'signed-out' | 'session-ended'

/** Whether somebody is signed in, as far as the page knows. */
export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly reason: SignOutReason | undefined }
  | { readonly kind: 'signed-in'; readonly session: SessionAnswer; readonly isArriving: boolean }

export interface SessionHandle {
  readonly state: SessionState
  /** Reads the session anew: after a sign-in, or when permissions may have changed. */
  reload(): Promise<void>
  /** The server said so: the page forgets what it shows. */
  ended(): void
  signOut(): Promise<void>
}

export function useSession(auth: AuthClient): SessionHandle {
  const [state, setState] = useState<SessionState>({ kind: 'loading' })

  const reload = useCallback(async () => {
    try {
      const session = await auth.session()
      setState((before) => {
        if (session !== undefined)
          return { kind: 'signed-in', session, isArriving: before.kind === 'signed-out' }
        return { kind: 'signed-out', reason: before.kind === 'signed-in' ? 'session-ended' : undefined }
      })
    } catch {
      // Whoever is signed in already keeps the page; the parts of it say themselves what they cannot reach.
      setState((before) => (before.kind === 'signed-in' ? before : { kind: 'unreachable' }))
    }
  }, [auth])

  useEffect(() => {
    void reload()
  }, [reload])

  const ended = useCallback(() => setState({ kind: 'signed-out', reason: 'session-ended' }), [])
  const signOut = useCallback(async () => {
    await auth.logout()
    setState({ kind: 'signed-out', reason: 'signed-out' })
  }, [auth])

  return { state, reload, ended, signOut }
}
