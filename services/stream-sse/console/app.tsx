import type { AuthClient } from '#lib/client/auth-client.ts'
import { Workspace } from './frame/workspace.tsx'
import { Notice } from './parts/notice.tsx'
import { SignIn } from './sign-in/sign-in.tsx'
import { useSession } from './use-session.ts'

/** The whole page: the door, or the workspace behind it. */
export function App({ auth }: { readonly auth: AuthClient }) {
  const { state, reload, arrive, end, signOut } = useSession(auth)
  if (state.kind === 'loading') return <div className="gate" aria-busy="true" />
  if (state.kind === 'unreachable') {
    return (
      <main className="gate">
        <Notice tone="bad" title="The service cannot be reached" isAnnounced>
          <p>Check the network connection of this computer, then try again.</p>
          <button type="button" className="button" onClick={() => void reload()}>
            Try again
          </button>
        </Notice>
      </main>
    )
  }
  if (state.kind === 'signed-out') return <SignIn auth={auth} reason={state.reason} onSignedIn={arrive} />
  // Another person's workspace is built anew. A renewed session is not: a form may wait for its step-up.
  return (
    <Workspace
      key={state.session.user.id}
      auth={auth}
      session={state.session}
      arrival={state.arrival}
      onSignOut={signOut}
      onReload={reload}
      onEnded={end}
    />
  )
}
