import { type ReactNode, useState } from 'react'
import type { IdentityList, IdentityView } from '#lib/contract/federation.ts'
import { Button } from './button.tsx'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { DataTable } from './data-table.tsx'
import { Loaded } from './loaded.tsx'
import { Moment } from './moment.tsx'
import { inWords } from './names.ts'
import { Panel } from './panel.tsx'
import { useService } from './service.tsx'
import type { Reading } from './use-reading.ts'

export interface IdentitiesPanelProps {
  readonly text: string
  /** Where they are read and removed. */
  readonly path: string
  readonly identities: Reading<IdentityList>
  readonly children?: ReactNode
}

const nameOf = ({ provider }: IdentityView) =>
  provider === undefined ? 'No longer offered' : inWords(provider)

/** Accounts at identity providers that sign in as one user: shown, and removed. */
export function IdentitiesPanel({ text, path, identities, children }: IdentitiesPanelProps) {
  const { ask } = useService()
  const [asked, setAsked] = useState<IdentityView>()
  const remove = (id: string) => ask(`${path}/${id}`, { method: 'DELETE' }).then(identities.reload)
  return (
    <Panel title="Sign-in by others" text={text}>
      <Loaded of={identities} data={identities.data}>
        {({ identities: rows }) =>
          rows.length === 0 ? (
            <p className="panel-empty">None.</p>
          ) : (
            <DataTable
              caption="Accounts at identity providers"
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                { name: 'Provider', cell: nameOf },
                { name: 'Account there', cell: ({ subject }) => <code>{subject}</code> },
                { name: 'Linked', cell: ({ linkedAt }) => <Moment at={linkedAt} /> },
                {
                  name: 'Change',
                  cell: (one) => (
                    <Button label={`Remove ${nameOf(one)} ${one.subject}`} onClick={() => setAsked(one)}>
                      Remove…
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      {children}
      {asked && (
        <ConfirmDialog
          title={`Remove the sign-in by ${nameOf(asked)}?`}
          verb="Remove it"
          isDanger
          onConfirm={() => remove(asked.id)}
          onClose={() => setAsked(undefined)}
        >
          <p>It opens nothing here any more. Sessions that it has opened go on until they are ended.</p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}
