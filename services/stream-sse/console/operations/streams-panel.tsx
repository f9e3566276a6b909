import type { StreamStatus } from '#lib/contract/events.ts'
import { Badge } from '../parts/badge.tsx'
import { ageText, durationText } from '../parts/clinic-time.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { useReading } from '../parts/use-reading.ts'

const everyMs = 10_000
/** An instance whose reader is silent so long hears nothing of Redis. */
const silentMs = 5000

/** Who holds event streams open, and on which instances. */
export function StreamsPanel({ now }: { readonly now: number }) {
  const streams = useReading<StreamStatus>('/events/status', { everyMs })
  return (
    <Panel title="Event streams">
      <Loaded of={streams} data={streams.data}>
        {({ instances, practice }) => (
          <>
            <p className="panel-empty">
              <strong>{practice.streams}</strong> open in this practice, of{' '}
              {practice.users.length === 1
                ? 'one person or program'
                : `${practice.users.length} people and programs`}
              .
            </p>
            <DataTable
              caption="Instances of the stream service"
              rows={instances}
              keyOf={({ name }) => name}
              columns={[
                { name: 'Instance', cell: ({ name }) => name },
                { name: 'Streams', isNumber: true, cell: (instance) => instance.streams },
                {
                  name: 'Reader',
                  cell: ({ readerIdleMs }) =>
                    readerIdleMs > silentMs ? (
                      <Badge tone="warn">{`Silent for ${durationText(readerIdleMs)}`}</Badge>
                    ) : (
                      <Badge tone="good">Listening</Badge>
                    ),
                },
                { name: 'Seen', cell: ({ seenAt }) => ageText(now - Date.parse(seenAt)) },
                { name: 'Started', cell: ({ startedAt }) => ageText(now - Date.parse(startedAt)) },
              ]}
            />
          </>
        )}
      </Loaded>
    </Panel>
  )
}
