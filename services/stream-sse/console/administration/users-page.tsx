import { useState } from 'react'
import type { UserAccount } from '#lib/contract/users.ts'
import { routeTo } from '../frame/use-route.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { roleNames } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { Pager } from '../parts/pager.tsx'
import { usePages } from '../parts/use-pages.ts'
import { NewUserDialog } from './new-user-dialog.tsx'

/** The people of the practice. */
export function UsersPage() {
  const pages = usePages<UserAccount>('/auth/users', 'users')
  const [isAdding, setAdding] = useState(false)
  return (
    <>
      <PageTitle
        title="Users"
        text="The people of this practice and what they may do."
        actions={
          <Button kind="primary" onClick={() => setAdding(true)}>
            Add a user…
          </Button>
        }
      />
      <div className="card">
        <Loaded of={pages} data={pages.items}>
          {(users) => (
            <>
              <DataTable
                caption="Users, oldest account first"
                rows={users}
                keyOf={({ id }) => id}
                columns={[
                  { name: 'User', cell: ({ id, email }) => <a href={routeTo('users', id)}>{email}</a> },
                  { name: 'Roles', cell: ({ roles }) => roleNames(roles) || 'None' },
                  {
                    name: 'Access',
                    cell: ({ disabled }) => (
                      <Badge tone={disabled ? 'bad' : 'good'}>{disabled ? 'Disabled' : 'Enabled'}</Badge>
                    ),
                  },
                  { name: 'Since', cell: ({ createdAt }) => <Moment at={createdAt} /> },
                ]}
              />
              <Pager pages={pages} none="There are no users." />
            </>
          )}
        </Loaded>
      </div>
      {isAdding && <NewUserDialog onClose={() => setAdding(false)} onDone={pages.reload} />}
    </>
  )
}
