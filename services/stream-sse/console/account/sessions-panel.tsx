import { useState } from 'react'
import type { SessionList } from '#lib/contract/session.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ageText } from '../parts/clinic-time.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useNow } from '../parts/use-now.ts'
import { useReading } from '../parts/use-reading.ts'

type Listed = SessionList['sessions'][number]

const placeOf = ({ device }: Listed) => (device ? `${device.browser} on ${device.system}` : 'A program')

/** Where one is signed in, and the means to end it there. */
export function SessionsPanel() {
  const { ask } = useService()
  const list = useReading<SessionList>('/auth/sessions')
  const [ending, setEnding] = useState<Listed | 'all'>()
  const now = useNow(15_000)
  const end = async () => {
    if (ending === 'all') await ask('/auth/sessions/revoke-all', { method: 'POST', body: {} })
    else if (ending) await ask(`/auth/sessions/${ending.id}`, { method: 'DELETE' })
    await list.reload()
  }
  return (
    <Panel
      title="Where you are signed in"
      text="End what you do not know, and change your password then."
      actions={<Button onClick={() => setEnding('all')}>Sign out everywhere…</Button>}
    >
      <Loaded of={list} data={list.data}>
        {({ sessions }) => (
          <DataTable
            caption="Your sessions, oldest first"
            rows={sessions}
            keyOf={({ id }) => id}
            columns={[
              {
                name: 'Where',
                cell: (session) => (
                  <>
                    {placeOf(session)} {session.current && <Badge tone="good">This one</Badge>}
                    {session.newDevice && <Badge tone="warn">New</Badge>}
                  </>
                ),
              },
              { name: 'Network', cell: ({ device }) => device?.network ?? '–' },
              { name: 'Proved by', cell: ({ aal }) => (aal === 'aal2' ? 'Two factors' : 'One factor') },
              { name: 'Since', cell: ({ createdAt }) => ageText(now - Date.parse(createdAt)) },
              { name: 'Active', cell: ({ lastActiveAt }) => ageText(now - Date.parse(lastActiveAt)) },
              {
                name: 'End',
                cell: (session) =>
                  session.current ? (
                    'By signing out'
                  ) : (
                    <Button
                      label={`End the session of ${placeOf(session)}`}
                      onClick={() => setEnding(session)}
                    >
                      End…
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {ending && (
        <ConfirmDialog
          title={ending === 'all' ? 'Sign out everywhere?' : `End the session of ${placeOf(ending)}?`}
          verb={ending === 'all' ? 'Sign out everywhere' : 'End it'}
          onConfirm={end}
          onClose={() => setEnding(undefined)}
        >
          <p>
            {ending === 'all'
              ? 'Every session of yours ends at once, this one included.'
              : 'Whoever uses it is signed out at once, and its live updates stop.'}
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}
