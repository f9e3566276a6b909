import type { ReactNode } from 'react'
import type { Permission } from '#lib/contract/permissions.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { AccountPage } from '../account/account-page.tsx'
import { EmergencyPage } from '../account/emergency-page.tsx'
import { AuditPage } from '../administration/audit-page.tsx'
import { PracticePage } from '../administration/practice-page.tsx'
import { ProgramsPage } from '../administration/programs-page.tsx'
import { UserPage } from '../administration/user-page.tsx'
import { UsersPage } from '../administration/users-page.tsx'
import { DeadLetterPage } from '../operations/dead-letter-page.tsx'
import { DeadLettersPage } from '../operations/dead-letters-page.tsx'
import { EventsPage } from '../operations/events-page.tsx'
import { OverviewPage } from '../operations/overview-page.tsx'
import { RequestPage } from '../operations/request-page.tsx'
import { RequestsPage } from '../operations/requests-page.tsx'
import { SchedulePage } from '../schedule/schedule-page.tsx'

export type PageGroup = 'Clinic' | 'Operations' | 'Administration' | 'You'

export interface Page {
  readonly path: string
  readonly name: string
  readonly group: PageGroup
  /** What a session must be permitted to see it; everybody who is signed in where it is left out. */
  readonly needs?: Permission
  /** Whether it is of any use to a session that may see it. */
  readonly isFor?: (session: SessionAnswer) => boolean
  /** @param id of the one thing it is about, from the route */
  readonly show: (session: SessionAnswer, id: string | undefined) => ReactNode
}

/** What emergency access adds; who has it already needs none. */
const widened = ['patients:read', 'appointments:write', 'flow:write'] as const

/** Every page of the console, in the order of the navigation. */
export const pages: readonly Page[] = [
  {
    path: 'schedule',
    name: 'Schedule',
    group: 'Clinic',
    needs: 'patients:read',
    show: () => <SchedulePage />,
  },
  {
    path: 'requests',
    name: 'Requests',
    group: 'Clinic',
    show: (session, id) =>
      id === undefined ? (
        <RequestsPage session={session} />
      ) : (
        <RequestPage key={id} id={id} session={session} />
      ),
  },
  {
    path: 'overview',
    name: 'Overview',
    group: 'Operations',
    needs: 'ops:read',
    show: (session) => <OverviewPage session={session} />,
  },
  {
    path: 'dead-letters',
    name: 'Dead letters',
    group: 'Operations',
    needs: 'dead-letters:write',
    show: (_, id) => (id === undefined ? <DeadLettersPage /> : <DeadLetterPage key={id} id={id} />),
  },
  {
    path: 'events',
    name: 'Live events',
    group: 'Operations',
    needs: 'ops:read',
    show: () => <EventsPage />,
  },
  {
    path: 'users',
    name: 'Users',
    group: 'Administration',
    needs: 'users:manage',
    show: (session, id) =>
      id === undefined ? <UsersPage /> : <UserPage key={id} id={id} isOwn={id === session.user.id} />,
  },
  {
    path: 'programs',
    name: 'Programs',
    group: 'Administration',
    needs: 'users:manage',
    show: () => <ProgramsPage />,
  },
  {
    path: 'practice',
    name: 'Practice',
    group: 'Administration',
    needs: 'users:manage',
    show: () => <PracticePage />,
  },
  {
    path: 'audit',
    name: 'Audit log',
    group: 'Administration',
    needs: 'audit:read',
    show: () => <AuditPage />,
  },
  {
    path: 'account',
    name: 'Your account',
    group: 'You',
    show: (session, refusal) => <AccountPage session={session} refusal={refusal} />,
  },
  {
    path: 'emergency',
    name: 'Emergency access',
    group: 'You',
    isFor: ({ permissions, emergencyUntil }) =>
      emergencyUntil !== undefined || widened.some((one) => !permissions.includes(one)),
    show: (session) => <EmergencyPage session={session} />,
  },
]

export const maySee = (session: SessionAnswer, { needs, isFor }: Page): boolean =>
  (needs === undefined || session.permissions.includes(needs)) && (isFor?.(session) ?? true)

const landings = ['schedule', 'overview', 'users', 'audit', 'account']

/** Where a session begins: what its roles are for. */
export const landingOf = (session: SessionAnswer): string =>
  landings.find((path) => pages.some((page) => page.path === path && maySee(session, page))) ?? 'account'
