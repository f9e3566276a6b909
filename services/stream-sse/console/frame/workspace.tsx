import { useCallback, useEffect, useRef } from 'react'
import type { AuthClient } from '#lib/client/auth-client.ts'
import { useConnection } from '#lib/client/use-connection.ts'
import type { LoginAnswer, SessionAnswer } from '#lib/contract/session.ts'
import { FirstPasswordPage } from '../account/first-password-page.tsx'
import { LiveContext } from '../parts/live.tsx'
import { ArrivalNotice } from './arrival-notice.tsx'
import { ConnectionBanner } from './connection-banner.tsx'
import { EmergencyBanner } from './emergency-banner.tsx'
import { IdleWarning } from './idle-warning.tsx'
import { Navigation } from './navigation.tsx'
import { NoAccess } from './no-access.tsx'
import { PageHeader } from './page-header.tsx'
import { landingOf, maySee, pages } from './page-table.tsx'
import { SecondFactorNotice } from './second-factor-notice.tsx'
import { SecurityNotices } from './security-notices.tsx'
import { ServiceGate } from './service-gate.tsx'
import { useLiveSession } from './use-live-session.ts'
import { go, routeTo, useRoute } from './use-route.ts'

export interface WorkspaceProps {
  readonly auth: AuthClient
  readonly session: SessionAnswer
  /** Set where somebody signed in just now; then the form they had the focus in is gone. */
  readonly arrival: LoginAnswer | undefined
  readonly onSignOut: () => Promise<void>
  readonly onReload: () => Promise<void>
  readonly onEnded: () => Promise<void>
}

/** Everything behind the door. What it loaded lives as long as it is shown, and nowhere else. */
export function Workspace({ auth, session, arrival, onSignOut, onReload, onEnded }: WorkspaceProps) {
  const { live, idle } = useLiveSession(auth, session)
  const connection = useConnection(live.events)
  const isForbidden = connection.kind === 'ended' && connection.reason === 'forbidden'
  useEffect(() => {
    if (isForbidden) void onReload()
  }, [isForbidden, onReload])

  const mustChoose = session.session.mustChangePassword === true
  const [path, id] = useRoute()
  const page = pages.find((one) => one.path === path)
  const content = useRef<HTMLElement>(null)
  useLanding(session, arrival !== undefined)
  useArrival(content, [path, id].join('/'), page?.name, arrival !== undefined)
  const signOut = useCallback(async () => {
    await onSignOut()
    history.replaceState(null, '', location.pathname)
  }, [onSignOut])

  return (
    <LiveContext value={live}>
      <ServiceGate userId={session.user.id} onRenewed={onReload} onLost={onEnded}>
        <button type="button" className="skip-link" onClick={() => content.current?.focus()}>
          Skip to the content
        </button>
        <PageHeader session={session} connection={connection} onSignOut={signOut} />
        <ConnectionBanner state={connection} />
        {session.emergencyUntil !== undefined && <EmergencyBanner until={session.emergencyUntil} />}
        <div className="frame">
          {!mustChoose && <Navigation session={session} current={path} />}
          <main ref={content} id="content" tabIndex={-1} className="page">
            <ArrivalNotice arrival={arrival} />
            <SecurityNotices />
            <SecondFactorNotice session={session} />
            {mustChoose ? (
              <FirstPasswordPage email={session.user.email} />
            ) : page && maySee(session, page) ? (
              page.show(session, id)
            ) : (
              path !== undefined && <NoAccess session={session} pageName={page?.name ?? path} />
            )}
          </main>
        </div>
        <IdleWarning idle={idle} onEnded={onEnded} onSignOut={signOut} />
      </ServiceGate>
    </LiveContext>
  )
}

/** Who comes without a place to go to, or to one that is not theirs, is shown the first page they may see. */
function useLanding(session: SessionAnswer, isArriving: boolean): void {
  const [path] = useRoute()
  const page = pages.find((one) => one.path === path)
  const isLost = path === undefined || (isArriving && !(page && maySee(session, page)))
  const mustWait = session.session.mustChangePassword === true
  const decided = useRef(false)
  useEffect(() => {
    if (mustWait) return
    if (isLost && (!decided.current || path === undefined)) go(routeTo(landingOf(session)), true)
    decided.current = true
  }, [isLost, mustWait, path, session])
}

/** Names the page to the browser and moves the focus to it, where somebody went there. */
function useArrival(
  content: { readonly current: HTMLElement | null },
  place: string,
  name: string | undefined,
  isArriving: boolean,
): void {
  const before = useRef(isArriving ? undefined : place)
  useEffect(() => {
    document.title = name === undefined ? 'Clinic console' : `${name} · Clinic console`
    const hasMoved = before.current !== place
    // Choosing a place for who came without one is not a step of theirs.
    if (hasMoved && before.current !== '/') content.current?.focus()
    before.current = place
  }, [content, place, name])
}
