import type { TebraStatus } from '#lib/contract/health.ts'
import { Badge } from '../parts/badge.tsx'
import { bytesText } from '../parts/bytes-text.ts'
import { ageText } from '../parts/clinic-time.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Panel } from '../parts/panel.tsx'

const states = {
  working: ['good', 'Working'],
  stalled: ['warn', 'Stalled'],
  dead: ['bad', 'Gone'],
} as const

/** Who works the queue off, and whether each still moves. */
export function WorkerTable({ workers, now }: Pick<TebraStatus, 'workers'> & { readonly now: number }) {
  const age = (at: string) => ageText(now - Date.parse(at))
  return (
    <Panel
      title="Workers"
      text="A stalled one takes and ends nothing while work waits; one that is gone left requests, which others take over."
    >
      {workers.length === 0 ? (
        <p className="panel-empty">Nobody works the queue off: requests wait until a worker starts.</p>
      ) : (
        <DataTable
          caption="Workers"
          rows={workers}
          keyOf={({ name }) => name}
          columns={[
            { name: 'Worker', cell: ({ name }) => name },
            {
              name: 'State',
              cell: ({ state }) => <Badge tone={states[state][0]}>{states[state][1]}</Badge>,
            },
            { name: 'In flight', isNumber: true, cell: ({ inFlight }) => inFlight },
            { name: 'Progress', cell: ({ lastProgressAt }) => age(lastProgressAt) },
            { name: 'Started', cell: ({ startedAt }) => age(startedAt) },
            { name: 'Memory', isNumber: true, cell: ({ rssBytes }) => bytesText(rssBytes) },
          ]}
        />
      )}
    </Panel>
  )
}
