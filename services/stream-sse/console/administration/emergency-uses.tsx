import { useState } from 'react'
import type { EmergencyAccess } from '#lib/contract/emergency.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { shortId } from '../parts/names.ts'
import { Panel } from '../parts/panel.tsx'
import { useReading } from '../parts/use-reading.ts'
import { withQuery } from '../parts/with-query.ts'

const ends = {
  holder: 'Ended by its holder',
  'time-out': 'Ran out',
  'session-end': 'Ended with the session',
  'not-begun': 'Never took effect',
} as const

/** Every use of emergency access with its reason, for review; read only when somebody asks, as that is recorded. */
export function EmergencyUses() {
  const [isAsked, setAsked] = useState(false)
  const [before, setBefore] = useState<string>()
  const path = isAsked ? withQuery('/auth/emergency-access', { before }) : undefined
  const list = useReading<{ uses: EmergencyAccess[]; more: boolean }>(path)
  return (
    <Panel
      title="Emergency access"
      text="Who took it, and why. Review each use."
      actions={!isAsked && <Button onClick={() => setAsked(true)}>Show the uses</Button>}
    >
      {isAsked && (
        <Loaded of={list} data={list.data}>
          {({ uses, more }) => (
            <>
              {uses.length > 0 && <EmergencyTable uses={uses} />}
              <div className="pager">
                <p className="muted" role="status">
                  {uses.length === 0 ? 'It was never used.' : `${uses.length} shown`}
                </p>
                {before !== undefined && <Button onClick={() => setBefore(undefined)}>The newest</Button>}
                {more && <Button onClick={() => setBefore(uses.at(-1)?.startedAt)}>Older ones</Button>}
              </div>
            </>
          )}
        </Loaded>
      )}
    </Panel>
  )
}

function EmergencyTable({ uses }: { readonly uses: readonly EmergencyAccess[] }) {
  return (
    <DataTable
      caption="Uses of emergency access, newest first"
      rows={uses}
      keyOf={({ id }) => id}
      columns={[
        { name: 'User', cell: ({ userId }) => <code title={userId}>{shortId(userId)}</code> },
        { name: 'Reason', cell: ({ reason }) => reason },
        { name: 'From', cell: ({ startedAt }) => <Moment at={startedAt} /> },
        {
          name: 'Until',
          cell: ({ endedAt }) =>
            endedAt === undefined ? <Badge tone="warn">Running</Badge> : <Moment at={endedAt} />,
        },
        { name: 'How it ended', cell: ({ endedBy }) => (endedBy === undefined ? '–' : ends[endedBy]) },
      ]}
    />
  )
}
