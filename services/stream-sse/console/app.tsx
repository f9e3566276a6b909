import type { AuthClient } from '#lib/client/auth-client.ts'
import { Notice } from './notice.tsx'
import { SignIn } from './sign-in.tsx'
import { useSession } from './use-session.ts'
import { Workspace } from './workspace.tsx'

/** The whole page: the door, or the workspace behind it. */
export function App({ auth }: { readonly auth: AuthClient }) {
  const { state, reload, ended, signOut } = useSession(auth)
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
  if (state.kind === 'signed-out') return <SignIn auth={auth} reason={state.reason} onSignedIn={reload} />
  const { session, permissions } = state.session
  // A change of user or of permissions builds everything anew, so that nobody goes on seeing what was loaded before.
  return (
    <Workspace
      key={[session.id, ...permissions].join(' ')}
      session={state.session}
      isArriving={state.isArriving}
      onSignOut={signOut}
      onSessionEnded={ended}
      onPermissionsChanged={reload}
    />
  )
}
