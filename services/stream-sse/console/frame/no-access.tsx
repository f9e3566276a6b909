import type { SessionAnswer } from '#lib/contract/session.ts'
import { roleNames } from '../parts/names.ts'
import { routeTo } from './use-route.ts'

export interface NoAccessProps {
  readonly session: SessionAnswer
  readonly pageName: string
}

/** In place of a page that the session may not see: a rule, not a fault, and it says what could help. */
export function NoAccess({ session, pageName }: NoAccessProps) {
  const isWithheld = session.session.aal === 'aal1'
  return (
    <section className="card empty">
      <svg className="empty-art" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
        <rect x="11" y="21" width="26" height="19" rx="4" />
        <path d="M16 21v-5a8 8 0 0 1 16 0v5M24 29v4" />
      </svg>
      <h1>“{pageName}” is not among your pages</h1>
      <p>
        You are signed in as <strong>{roleNames(session.user.roles)}</strong>.{' '}
        {isWithheld
          ? 'Some roles count only once a second factor was proved.'
          : 'If you need this page, ask an administrator of your practice.'}
      </p>
      {isWithheld && (
        <a className="button button-primary" href={routeTo('account')}>
          Set up a second factor
        </a>
      )}
    </section>
  )
}
