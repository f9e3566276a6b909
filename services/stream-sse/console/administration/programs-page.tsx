import { useState } from 'react'
import type { ServiceAccount } from '#lib/contract/users.ts'
import { Button } from '../parts/button.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { roleNames } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { SecretList } from '../parts/secret-list.tsx'
import { useService } from '../parts/service.tsx'
import { useReading } from '../parts/use-reading.ts'
import { NewProgramDialog } from './new-program-dialog.tsx'

export interface ProgramSecret {
  readonly account: ServiceAccount
  readonly clientSecret: string
}

type Asked =
  | { readonly kind: 'add' }
  | { readonly kind: 'rotate' | 'revoke'; readonly account: ServiceAccount }
  | { readonly kind: 'secret'; readonly made: ProgramSecret }

/** The programs that act for the practice: made, given a new secret, taken away. */
export function ProgramsPage() {
  const { ask } = useService()
  const programs = useReading<{ accounts: ServiceAccount[] }>('/auth/service-accounts')
  const [asked, setAsked] = useState<Asked>()
  // Whoever closes a dialog does not close the one that came in its place.
  const close = () => setAsked((now) => (now === asked ? undefined : now))
  const show = async (made: ProgramSecret) => {
    await programs.reload()
    setAsked({ kind: 'secret', made })
  }
  return (
    <>
      <PageTitle
        title="Programs"
        text="Accounts of programs that use the services on the practice’s behalf."
        actions={
          <Button kind="primary" onClick={() => setAsked({ kind: 'add' })}>
            Add a program…
          </Button>
        }
      />
      <div className="card">
        <Loaded of={programs} data={programs.data}>
          {({ accounts }) =>
            accounts.length === 0 ? (
              <p className="panel-empty">No program has an account here.</p>
            ) : (
              <ProgramTable accounts={accounts} onAsk={(kind, account) => setAsked({ kind, account })} />
            )
          }
        </Loaded>
      </div>
      {asked?.kind === 'add' && <NewProgramDialog onClose={close} onMade={show} />}
      {asked?.kind === 'rotate' && (
        <ConfirmDialog
          title={`A new secret for “${asked.account.name}”?`}
          verb="Make a new secret"
          isDanger={false}
          onConfirm={async () => {
            const path = `/auth/service-accounts/${asked.account.id}/rotate`
            await show(await ask<ProgramSecret>(path, { method: 'POST', body: {} }))
          }}
          onClose={close}
        >
          <p>The one before goes on working for a day, so that the program can be moved over.</p>
        </ConfirmDialog>
      )}
      {asked?.kind === 'revoke' && (
        <ConfirmDialog
          title={`Remove “${asked.account.name}”?`}
          verb="Remove it"
          onConfirm={async () => {
            await ask(`/auth/service-accounts/${asked.account.id}`, { method: 'DELETE' })
            await programs.reload()
          }}
          onClose={close}
        >
          <p>Its secret, its sessions and its event streams end at once.</p>
        </ConfirmDialog>
      )}
      {asked?.kind === 'secret' && <SecretDialog made={asked.made} onClose={close} />}
    </>
  )
}

interface ProgramTableProps {
  readonly accounts: readonly ServiceAccount[]
  readonly onAsk: (kind: 'rotate' | 'revoke', account: ServiceAccount) => void
}

function ProgramTable({ accounts, onAsk }: ProgramTableProps) {
  return (
    <DataTable
      caption="Programs"
      rows={accounts}
      keyOf={({ id }) => id}
      columns={[
        { name: 'Program', cell: ({ name }) => name },
        { name: 'Client id', cell: ({ clientId }) => <code>{clientId}</code> },
        { name: 'Roles', cell: ({ roles }) => roleNames(roles) },
        {
          name: 'Last used',
          cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'Never' : <Moment at={lastUsedAt} />),
        },
        {
          name: 'Change',
          cell: (account) => (
            <div className="actions">
              <Button label={`New secret for ${account.name}`} onClick={() => onAsk('rotate', account)}>
                New secret…
              </Button>
              <Button label={`Remove ${account.name}`} onClick={() => onAsk('revoke', account)}>
                Remove…
              </Button>
            </div>
          ),
        },
      ]}
    />
  )
}

function SecretDialog({ made, onClose }: { readonly made: ProgramSecret; readonly onClose: () => void }) {
  return (
    <Dialog title={`The secret of “${made.account.name}”`} onClose={onClose}>
      <p>
        It is shown only now. The program signs in at <code>/auth/token</code> with the client id{' '}
        <code>{made.account.clientId}</code> and this secret.
      </p>
      <SecretList name="Client secret" secrets={[made.clientSecret]} />
      <div className="actions">
        <Button kind="primary" onClick={onClose}>
          I have kept it
        </Button>
      </div>
    </Dialog>
  )
}
