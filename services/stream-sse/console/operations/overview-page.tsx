import type { TebraStatus } from '#lib/contract/health.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { Badge } from '../parts/badge.tsx'
import { clockTime, durationText } from '../parts/clinic-time.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Panel } from '../parts/panel.tsx'
import { useNow } from '../parts/use-now.ts'
import { useReading } from '../parts/use-reading.ts'
import { AccountGroup } from './account-group.tsx'
import { AlertsPanel } from './alerts-panel.tsx'
import { BreakerGroup } from './breaker-group.tsx'
import { HourPlots } from './hour-plots.tsx'
import { QueueGroup } from './queue-group.tsx'
import { RedisGroup } from './redis-group.tsx'
import { StreamsPanel } from './streams-panel.tsx'
import { WorkerTable } from './worker-table.tsx'

const everyMs = 5000

/** How the way to Tebra is: what stands now, the store, breaker, queue, workers, and the last hour. */
export function OverviewPage({ session }: { readonly session: SessionAnswer }) {
  const status = useReading<TebraStatus>('/tebra/status', { everyMs })
  const now = useNow(everyMs)
  const mayAct = session.permissions.includes('dead-letters:write')
  return (
    <>
      <PageTitle
        title="Overview"
        text={status.readAt > 0 ? `Read at ${clockTime(status.readAt)}, again every 5 s` : 'Reading…'}
      />
      <Loaded of={status} data={status.data}>
        {(data) => (
          <>
            <div className="health-grid">
              <RedisGroup redis={data.redis} />
              <BreakerGroup status={data} now={now} mayAct={mayAct} onChanged={status.reload} />
              <QueueGroup queue={data.queue} mayAct={mayAct} />
              <AccountGroup
                status={data}
                practiceId={session.user.practiceId}
                now={now}
                mayAct={mayAct}
                onChanged={status.reload}
              />
            </div>
            <AlertsPanel />
            <HourPlots now={now} />
            <WorkerTable workers={data.workers} now={now} />
            <StreamsPanel now={now} />
            <LimiterTable limiter={data.limiter} />
          </>
        )}
      </Loaded>
    </>
  )
}

function LimiterTable({ limiter }: Pick<TebraStatus, 'limiter'>) {
  return (
    <Panel
      title="Limiter"
      text="How often Tebra lets each operation be called, and the wait for the next turn."
    >
      <DataTable
        caption="Tebra’s limits"
        rows={limiter}
        keyOf={({ operation }) => operation}
        columns={[
          { name: 'Operation', cell: ({ operation }) => operation },
          { name: 'Interval', isNumber: true, cell: ({ intervalMs }) => durationText(intervalMs) },
          {
            name: 'Next turn',
            isNumber: true,
            cell: ({ waitMs }) =>
              waitMs === 0 ? <Badge tone="good">Free</Badge> : `in ${durationText(waitMs)}`,
          },
        ]}
      />
    </Panel>
  )
}
