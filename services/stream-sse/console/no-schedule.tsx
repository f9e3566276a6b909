import type { Role } from '#lib/contract/permissions.ts'
import { roleNames } from './names.ts'

/** In place of the schedule for those who may not see patients: a rule, not a fault, and it says so. */
export function NoSchedule({ roles }: { readonly roles: readonly Role[] }) {
  return (
    <section className="card empty" aria-labelledby="no-schedule-title">
      <svg className="empty-art" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
        <rect x="11" y="21" width="26" height="19" rx="4" />
        <path d="M16 21v-5a8 8 0 0 1 16 0v5M24 29v4" />
      </svg>
      <h1 id="no-schedule-title">Your role does not include the schedule</h1>
      <p>
        You are signed in as <strong>{roleNames(roles)}</strong>. The day’s appointments name patients, so
        they are shown only to those who work with them. If you need them, ask an administrator of your
        practice.
      </p>
    </section>
  )
}
