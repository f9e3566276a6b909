import { useState } from 'react'
import { useRedisEventBus } from '#lib/client/use-redis-event-bus.ts'
import type { EventEnvelope } from '#lib/contract/events.ts'
import { Button } from '../parts/button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { ChoiceField, Field } from '../parts/field.tsx'
import { useLive } from '../parts/live.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { describeEvent } from './describe-event.ts'

const kept = 500

/** The events that reach this session, as they come: newest first, narrowed by stream and by text, or held still. */
export function EventsPage() {
  const { events, streams } = useLive()
  const [gap, setGap] = useState<string>()
  const bus = useRedisEventBus(streams, { events, countMax: kept, onResync: setGap })
  const [held, setHeld] = useState<readonly EventEnvelope[]>()
  const [stream, setStream] = useState('')
  const [text, setText] = useState('')

  const wanted = text.trim().toLowerCase()
  const shown = (held ?? bus.events)
    .map(describeEvent)
    .filter((told) => (stream === '' || told.stream === stream) && told.searched.includes(wanted))
    .reverse()
  return (
    <>
      <PageTitle
        title="Live events"
        text={`What reaches this session while the page is open; the latest ${kept} are kept.`}
        actions={
          <Button onClick={() => setHeld(held === undefined ? bus.events : undefined)}>
            {held === undefined ? 'Hold still' : 'Go on'}
          </Button>
        }
      />
      {gap !== undefined && (
        <Notice tone="warn" title="Some events may be missing">
          <p>
            The stream could not be resumed without a gap. <code>{gap}</code>
          </p>
          <Button onClick={() => setGap(undefined)}>Understood</Button>
        </Notice>
      )}
      <div className="card">
        <div className="filters">
          <ChoiceField
            label="Stream"
            name="stream"
            value={stream}
            onChoose={setStream}
            choices={[['', 'All'], ...streams.map((name) => [name, name] as const)]}
          />
          <Field
            label="Contains"
            name="text"
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
        {shown.length > 0 && (
          <DataTable
            caption="Events, newest first"
            rows={shown}
            keyOf={({ stream: name, id }) => `${name} ${id}`}
            columns={[
              { name: 'Event', cell: ({ stream: name }) => name },
              { name: 'At', cell: ({ timestamp }) => <Moment at={timestamp} /> },
              { name: 'What', cell: ({ what }) => what },
              { name: 'About', cell: ({ about }) => <code>{about}</code> },
            ]}
          />
        )}
        <p className="pager muted" role="status">
          {held !== undefined
            ? `Held still; ${bus.events.length} kept`
            : shown.length === 0
              ? 'Nothing yet. Events appear here as they happen.'
              : `${shown.length} shown`}
        </p>
      </div>
    </>
  )
}
