import type { SessionList } from '#lib/contract/session.ts'
import type { RoleTableView } from '#lib/contract/users.ts'
import { Loaded } from '../parts/loaded.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { useReading } from '../parts/use-reading.ts'
import { RoleTableForm } from './role-table-form.tsx'
import { SessionLimitsForm } from './session-limits-form.tsx'

/** What holds for everybody of the practice: how long sessions last, and what each role may do. */
export function PracticePage() {
  const sessions = useReading<SessionList>('/auth/sessions')
  const table = useReading<RoleTableView>('/auth/roles')
  return (
    <>
      <PageTitle title="Practice" text="What holds for everybody of this practice." />
      <Loaded of={sessions} data={sessions.data}>
        {({ limits }) => <SessionLimitsForm limits={limits} onDone={sessions.reload} />}
      </Loaded>
      <Loaded of={table} data={table.data}>
        {(view) => <RoleTableForm key={view.version} table={view} onDone={table.reload} />}
      </Loaded>
    </>
  )
}
