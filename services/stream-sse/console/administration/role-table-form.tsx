import { type SubmitEvent, useState } from 'react'
import type { Permission } from '#lib/contract/permissions.ts'
import type { RoleTableView } from '#lib/contract/users.ts'
import { DataTable } from '../parts/data-table.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { allPermissions, allRoles, inWords, permissionHints } from '../parts/names.ts'
import { Panel } from '../parts/panel.tsx'
import { tickedIn } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

export interface RoleTableFormProps {
  readonly table: RoleTableView
  readonly onDone: () => Promise<void>
}

/** What each role may do; in force with everybody's next request. */
export function RoleTableForm({ table, onDone }: RoleTableFormProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [isEdited, setEdited] = useState(false)

  function save(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = event.currentTarget
    const roles = Object.fromEntries(allRoles.map((role) => [role, tickedIn(form, role)]))
    void deed.run(async () => {
      await ask('/auth/roles', { method: 'PUT', body: { expectedVersion: table.version, roles } })
      await onDone()
    })
  }
  return (
    <Panel
      title="Roles"
      text={`What each role may do, in force with everybody’s next request. ${
        table.standard ? 'This is the standard table.' : 'The practice has changed the standard table.'
      }`}
    >
      <form method="post" onSubmit={save} onChange={() => setEdited(true)}>
        <DataTable
          caption="What each role may do"
          rows={allPermissions}
          keyOf={(permission) => permission}
          columns={[
            { name: 'Permission', cell: (permission) => permissionHints[permission] },
            ...allRoles.map((role) => ({
              name: inWords(role),
              cell: (permission: Permission) => (
                <input
                  type="checkbox"
                  className="tick-alone"
                  name={role}
                  value={permission}
                  aria-label={`${inWords(role)}: ${permissionHints[permission]}`}
                  defaultChecked={table.roles[role]?.includes(permission) ?? false}
                />
              ),
            })),
          ]}
        />
        <div className="form panel-body panel-end">
          <FormEnd
            deed={deed}
            fields={[]}
            kind={isEdited ? 'primary' : 'plain'}
            verb="Save the table"
            busyVerb="Saving…"
            isIdle={!isEdited}
          />
        </div>
      </form>
    </Panel>
  )
}
