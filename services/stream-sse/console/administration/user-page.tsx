import { useState } from 'react'
import type { UserAccount } from '#lib/contract/users.ts'
import { go, routeTo } from '../frame/use-route.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { Fact, Facts } from '../parts/facts.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useReading } from '../parts/use-reading.ts'
import { type UserDeed, userDeeds } from './user-deeds.ts'
import { UserIdentities } from './user-identities.tsx'
import { UserPasswordForm } from './user-password-form.tsx'
import { UserRolesForm } from './user-roles-form.tsx'

/** One user: roles, password, and the ways to take access away. */
export function UserPage({ id, isOwn }: { readonly id: string; readonly isOwn: boolean }) {
  const user = useReading<UserAccount>(`/auth/users/${id}`)
  return (
    <>
      <PageTitle title={user.data?.email ?? 'User'} back={{ href: routeTo('users'), name: 'Users' }} />
      <Loaded of={user} data={user.data}>
        {(account) => (
          <>
            <Panel title="Account">
              <Facts>
                <Fact name="Access">
                  <Badge tone={account.disabled ? 'bad' : 'good'}>
                    {account.disabled ? 'Disabled' : 'Enabled'}
                  </Badge>
                </Fact>
                <Fact name="Since">
                  <Moment at={account.createdAt} />
                </Fact>
                <Fact name="Id">
                  <code>{account.id}</code>
                </Fact>
              </Facts>
            </Panel>
            <UserRolesForm key={account.version} user={account} onDone={user.reload} />
            <UserPasswordForm user={account} onDone={user.reload} />
            <UserIdentities userId={account.id} />
            <AccessPanel user={account} isOwn={isOwn} onDone={user.reload} />
          </>
        )}
      </Loaded>
    </>
  )
}

interface AccessPanelProps {
  readonly user: UserAccount
  readonly isOwn: boolean
  readonly onDone: () => Promise<void>
}

function AccessPanel({ user, isOwn, onDone }: AccessPanelProps) {
  const { ask } = useService()
  const [asked, setAsked] = useState<UserDeed>()
  const shown = userDeeds.filter(({ isFor }) => isFor(user))
  const confirm = async (deed: UserDeed) => {
    await ask(...deed.call(user.id))
    if (deed.isLeaving) go(routeTo('users'))
    else await onDone()
  }
  return (
    <Panel
      title="Access"
      text={isOwn ? 'This is your own account: what ends it ends your session.' : undefined}
    >
      <ul className="deeds">
        {shown.map((deed) => (
          <li key={deed.name}>
            <span>{deed.text}</span>
            <Button kind={deed.isDanger ? 'danger' : 'plain'} onClick={() => setAsked(deed)}>
              {`${deed.name}…`}
            </Button>
          </li>
        ))}
      </ul>
      {asked && (
        <ConfirmDialog
          title={`${asked.name}?`}
          verb={asked.name}
          isDanger={asked.isDanger}
          onConfirm={() => confirm(asked)}
          onClose={() => setAsked(undefined)}
        >
          <p>
            <strong>{user.email}</strong>: {asked.text}
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}
