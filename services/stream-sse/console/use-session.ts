import { useCallback, useEffect, useRef, useState } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import type { LoginAnswer, SessionAnswer } from '#lib/contract/session.ts'

export type SignOutReason = 'signed-out' | 'session-ended'

/** Whether somebody is signed in, as far as the page knows. */
export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly reason: SignOutReason | undefined }
  | { readonly kind: 'signed-in'; readonly session: SessionAnswer; readonly arrival: LoginAnswer | undefined }

export interface SessionHandle {
  readonly state: SessionState
  /** Reads the session anew: it may go on under another id, do something else, or have ended. */
  reload(): Promise<void>
  /** Somebody signed in in this tab. */
  arrive(answer: LoginAnswer): Promise<void>
  /** The session is over, or goes on under another id: unless the service says the latter, the page forgets what it shows. */
  end(): Promise<void>
  signOut(): Promise<void>
}

export function useSession(auth: AuthClient): SessionHandle {
  const [state, setState] = useState<SessionState>({ kind: 'loading' })
  const arrival = useRef<LoginAnswer>(undefined)

  const take = useCallback((session: SessionAnswer | undefined) => {
    setState((before) => {
      if (session !== undefined) return { kind: 'signed-in', session, arrival: arrival.current }
      return { kind: 'signed-out', reason: before.kind === 'signed-in' ? 'session-ended' : undefined }
    })
  }, [])

  const load = useCallback(
    async (background: boolean) => {
      try {
        take(await auth.session({ background }))
      } catch {
        // Whoever is signed in already keeps the page; the parts of it say themselves what they cannot reach.
        setState((before) => (before.kind === 'signed-in' ? before : { kind: 'unreachable' }))
      }
    },
    [auth, take],
  )
  const reload = useCallback(() => load(true), [load])

  useEffect(() => {
    void load(false)
  }, [load])

  const arrive = useCallback(
    (answer: LoginAnswer) => {
      arrival.current = answer
      return reload()
    },
    [reload],
  )
  const current = useRef<string>(undefined)
  current.current = state.kind === 'signed-in' ? state.session.session.id : undefined
  const end = useCallback(async () => {
    const ended = current.current
    const session = await auth.session({ background: true }).catch(() => undefined)
    take(session?.session.id === ended ? undefined : session)
  }, [auth, take])
  const userId = state.kind === 'signed-in' ? state.session.user.id : undefined
  const signOut = useCallback(async () => {
    await auth.logout(userId)
    arrival.current = undefined
    setState({ kind: 'signed-out', reason: 'signed-out' })
  }, [auth, userId])

  return { state, reload, arrive, end, signOut }
}
