import { useEffect, useRef, useState } from 'react'
import { EventConnection } from '#lib/client/event-connection.ts'
import { TebraClient } from '#lib/client/tebra-client.ts'
import type { StreamName } from '#lib/contract/events.ts'
import type { Permission } from '#lib/contract/permissions.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { ConnectionBanner } from './connection-banner.tsx'
import { HealthPanel } from './health-panel.tsx'
import { NoSchedule } from './no-schedule.tsx'
import { PageHeader } from './page-header.tsx'
import { SchedulePanel } from './schedule-panel.tsx'
import { useConnectionState } from './use-connection-state.ts'

export interface WorkspaceProps {
  readonly session: SessionAnswer
  /** Whether somebody signed in just now; then the form they had the focus in is gone. */
  readonly isArriving: boolean
  readonly onSignOut: () => Promise<void>
  readonly onSessionEnded: () => void
  readonly onPermissionsChanged: () => Promise<void>
}

/** Responses carry patients' data: asking for them without the permission is refused, and the whole stream with it. */
const streamsFor = (permissions: readonly Permission[]): StreamName[] =>
  permissions.includes('patients:read') ? ['tebra:responses', 'tebra:status'] : ['tebra:status']

/** Everything behind the door. What it loaded lives as long as it is shown, and nowhere else. */
export function Workspace({
  session,
  isArriving,
  onSignOut,
  onSessionEnded,
  onPermissionsChanged,
}: WorkspaceProps) {
  const { permissions } = session
  const [connection] = useState(() => new EventConnection({ streams: streamsFor(permissions) }))
  const [client] = useState(() => new TebraClient({ events: connection }))
  const state = useConnectionState(connection)
  const endReason = state.kind === 'ended' ? state.reason : undefined
  const content = useRef<HTMLElement>(null)

  useEffect(() => {
    connection.open()
    return () => connection.close()
  }, [connection])
  useEffect(() => {
    if (isArriving) content.current?.focus()
  }, [isArriving])
  useEffect(() => {
    if (endReason === 'session-ended') onSessionEnded()
    if (endReason === 'forbidden') void onPermissionsChanged()
  }, [endReason, onSessionEnded, onPermissionsChanged])

  const isOperator = permissions.includes('ops:read')
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <PageHeader session={session} connection={state} onSignOut={onSignOut} />
      <ConnectionBanner state={state} />
      <main ref={content} id="content" tabIndex={-1} className={isOperator ? 'page page-with-side' : 'page'}>
        {permissions.includes('patients:read') ? (
          <SchedulePanel client={client} onSessionEnded={onSessionEnded} />
        ) : (
          <NoSchedule roles={session.user.roles} />
        )}
        {isOperator && <HealthPanel onSessionEnded={onSessionEnded} />}
      </main>
    </>
  )
}
