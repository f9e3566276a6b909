import { useEffect } from 'react'
import type { Alert, AlertsAnswer, OpenAlert } from '#lib/contract/alerts.ts'
import { Badge } from '../parts/badge.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { useLive } from '../parts/live.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { inWords } from '../parts/names.ts'
import { Panel } from '../parts/panel.tsx'
import { useReading } from '../parts/use-reading.ts'

/** For what the stream did not tell. */
const everyMs = 30_000

/** What is wrong now, and what was of late. */
export function AlertsPanel() {
  const alerts = useReading<AlertsAnswer>('/tebra/alerts', { everyMs })
  const { events } = useLive()
  const { reload } = alerts
  useEffect(() => events.onEvent(({ stream }) => stream === 'ops:alerts' && void reload()), [events, reload])
  return (
    <Panel title="Alerts">
      <Loaded of={alerts} data={alerts.data}>
        {({ open, recent }) => (
          <>
            {open.length === 0 ? (
              <p className="panel-empty">
                <Badge tone="good">Nothing is wrong</Badge>
              </p>
            ) : (
              <ul className="alerts" aria-label="Open alerts">
                {open.map((alert) => (
                  <OpenAlertItem key={`${alert.kind} ${alert.subject}`} alert={alert} />
                ))}
              </ul>
            )}
            {recent.length > 0 && <RecentAlerts recent={recent} />}
          </>
        )}
      </Loaded>
    </Panel>
  )
}

function OpenAlertItem({ alert }: { readonly alert: OpenAlert }) {
  return (
    <li className="alert">
      <Badge tone="bad">{inWords(alert.kind)}</Badge>
      <span>
        <strong>{alert.subject}</strong> {alert.reason}
      </span>
      <span className="muted">
        since <Moment at={alert.since} />
      </span>
    </li>
  )
}

function RecentAlerts({ recent }: { readonly recent: readonly Alert[] }) {
  return (
    <details className="more">
      <summary>Recent ({recent.length})</summary>
      <DataTable
        caption="Recent alerts, newest first"
        rows={recent}
        keyOf={({ id }) => id}
        columns={[
          { name: 'Alert', cell: ({ kind }) => inWords(kind) },
          {
            name: 'What',
            cell: ({ phase }) => (
              <Badge tone={phase === 'started' ? 'warn' : 'good'}>
                {phase === 'started' ? 'Started' : 'Ended'}
              </Badge>
            ),
          },
          { name: 'About', cell: ({ subject }) => subject },
          { name: 'Why', cell: ({ reason }) => reason },
          { name: 'When', cell: ({ at }) => <Moment at={at} /> },
        ]}
      />
    </details>
  )
}
