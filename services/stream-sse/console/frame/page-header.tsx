import { useState } from 'react'
import type { ConnectionState } from '#lib/client/connection-state.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { inWords, roleNames } from '../parts/names.ts'
import { Wordmark } from '../parts/wordmark.tsx'
import { ConnectionBadge } from './connection-badge.tsx'

export interface PageHeaderProps {
  readonly session: SessionAnswer
  readonly connection: ConnectionState
  readonly onSignOut: () => Promise<void>
}

/** Where one is, as whom, whether it is live, and the way out. */
export function PageHeader({ session, connection, onSignOut }: PageHeaderProps) {
  const [hasFailed, setFailed] = useState(false)
  const { user } = session
  return (
    <header className="header">
      <div className="header-inner">
        <Wordmark />
        <span className="header-practice">{inWords(user.practiceId)}</span>
        <span className="header-space" />
        <ConnectionBadge state={connection} />
        <span className="header-user">
          <span className="header-email">{user.email}</span>
          <span className="header-role">{roleNames(user.roles)}</span>
        </span>
        <button
          type="button"
          className="button button-small"
          onClick={() => {
            setFailed(false)
            onSignOut().catch(() => setFailed(true))
          }}
        >
          Sign out
        </button>
      </div>
      {hasFailed && (
        <p className="banner" role="alert">
          <strong>You are still signed in.</strong> The service could not be reached; try to sign out again.
        </p>
      )}
    </header>
  )
}
