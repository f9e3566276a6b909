import { browserSupportsWebAuthn } from '@simplewebauthn/browser'
import { useState } from 'react'
import type { PasskeyView, SecondFactors } from '#lib/contract/second-factors.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import type { Reading } from '../parts/use-reading.ts'
import { makePasskey } from './make-passkey.ts'
import { NameDialog } from './name-dialog.tsx'
import { NewRecoveryCodes } from './new-recovery-codes.tsx'

type Asked = { readonly kind: 'add' } | { readonly kind: 'rename' | 'remove'; readonly passkey: PasskeyView }

/** The passkeys of a person: added from this browser, renamed, removed. */
export function PasskeysPanel({ factors }: { readonly factors: Reading<SecondFactors> }) {
  const { ask, renewed } = useService()
  const [asked, setAsked] = useState<Asked>()
  const [codes, setCodes] = useState<readonly string[]>()
  const close = () => setAsked(undefined)

  async function add(name: string): Promise<void> {
    const body = { passkey: await makePasskey(ask), name }
    const call = { method: 'POST', body } as const
    const answer = await ask<{ recoveryCodes?: string[] }>('/auth/passkeys/registration/verify', call)
    setCodes(answer.recoveryCodes)
    await Promise.all([renewed(), factors.reload()])
  }
  const change = (passkey: PasskeyView, call: { method: 'PATCH' | 'DELETE'; body?: object }) =>
    ask(`/auth/passkeys/${passkey.id}`, call).then(factors.reload)
  return (
    <Panel
      title="Passkeys"
      text="Sign in with your fingerprint, face or device PIN. A passkey is two factors in one."
      actions={
        browserSupportsWebAuthn() && <Button onClick={() => setAsked({ kind: 'add' })}>Add a passkey…</Button>
      }
    >
      <Loaded of={factors} data={factors.data}>
        {({ passkeys }) =>
          passkeys.length === 0 ? (
            <p className="panel-empty">You have none yet.</p>
          ) : (
            <PasskeyTable passkeys={passkeys} onAsk={(kind, passkey) => setAsked({ kind, passkey })} />
          )
        }
      </Loaded>
      {asked?.kind === 'add' && (
        <NameDialog
          title="Add a passkey"
          hint="So that you know it again, such as “Front desk laptop”."
          verb="Go on"
          onName={add}
          onClose={close}
        />
      )}
      {asked?.kind === 'rename' && (
        <NameDialog
          title="Rename the passkey"
          verb="Rename"
          name={asked.passkey.name}
          onName={(name) => change(asked.passkey, { method: 'PATCH', body: { name } })}
          onClose={close}
        />
      )}
      {asked?.kind === 'remove' && (
        <ConfirmDialog
          title={`Remove “${asked.passkey.name}”?`}
          verb="Remove it"
          onConfirm={() => change(asked.passkey, { method: 'DELETE' })}
          onClose={close}
        >
          <p>It signs nobody in from then on. Remove it from the device too.</p>
        </ConfirmDialog>
      )}
      {codes && <NewRecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </Panel>
  )
}

interface PasskeyTableProps {
  readonly passkeys: readonly PasskeyView[]
  readonly onAsk: (kind: 'rename' | 'remove', passkey: PasskeyView) => void
}

function PasskeyTable({ passkeys, onAsk }: PasskeyTableProps) {
  return (
    <DataTable
      caption="Your passkeys"
      rows={passkeys}
      keyOf={({ id }) => id}
      columns={[
        {
          name: 'Name',
          cell: ({ name, synced }) => (
            <>
              {name} {synced && <Badge tone="off">Synced</Badge>}
            </>
          ),
        },
        { name: 'Added', cell: ({ createdAt }) => <Moment at={createdAt} /> },
        {
          name: 'Last used',
          cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'Never' : <Moment at={lastUsedAt} />),
        },
        {
          name: 'Change',
          cell: (passkey) => (
            <div className="actions">
              <Button label={`Rename ${passkey.name}`} onClick={() => onAsk('rename', passkey)}>
                Rename…
              </Button>
              <Button label={`Remove ${passkey.name}`} onClick={() => onAsk('remove', passkey)}>
                Remove…
              </Button>
            </div>
          ),
        },
      ]}
    />
  )
}
