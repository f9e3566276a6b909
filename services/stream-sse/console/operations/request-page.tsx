import { useEffect } from 'react'
import type { RequestRecord, RequestStatus } from '#lib/contract/requests.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { routeTo } from '../frame/use-route.ts'
import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { Fact } from '../parts/facts.tsx'
import { useLive } from '../parts/live.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { useReading } from '../parts/use-reading.ts'
import { RequestFacts } from './request-facts.tsx'
import { Timeline } from './timeline.tsx'

const mayCancel: readonly RequestStatus[] = ['pending', 'retrying']

export interface RequestPageProps {
  readonly id: string
  readonly session: SessionAnswer
}

/** One request: how it stands, the way it took, and the means to take it back while that is possible. */
export function RequestPage({ id, session }: RequestPageProps) {
  const { ask } = useService()
  const { events } = useLive()
  const request = useReading<RequestRecord>(`/tebra/requests/${id}`)
  const deed = useDeed()
  const { reload } = request
  useEffect(
    () => events.onEvent(({ data }) => 'requestId' in data && data.requestId === id && void reload()),
    [events, id, reload],
  )
  const cancel = async () => {
    await ask(`/tebra/requests/${id}/cancel`, { method: 'POST', body: {} }).finally(reload)
  }
  const { data } = request
  const isSettler = session.permissions.includes('dead-letters:write')
  const isDeadLetter = data?.status === 'dead' || data?.status === 'uncertain'
  return (
    <>
      <PageTitle
        title={data?.action ?? 'Request'}
        back={{ href: routeTo('requests'), name: 'Requests' }}
        actions={
          <>
            {data && mayCancel.includes(data.status) && (
              <Button isBusy={deed.isBusy} onClick={() => void deed.run(cancel)}>
                {deed.isBusy ? 'Taking back…' : 'Take it back'}
              </Button>
            )}
            {isDeadLetter && isSettler && (
              <a className="button button-small" href={routeTo('dead-letters', id)}>
                Open as a dead letter
              </a>
            )}
            <Button isBusy={request.isBusy} onClick={() => void reload()}>
              Refresh
            </Button>
          </>
        }
      />
      <DeedError deed={deed} />
      <Loaded of={request} data={data}>
        {(record) => (
          <>
            <Panel title="Record">
              <RequestFacts of={record}>
                {record.resolvedAt !== undefined && (
                  <Fact name="Settled by hand">
                    <Moment at={record.resolvedAt} /> {record.note}
                  </Fact>
                )}
              </RequestFacts>
            </Panel>
            <Panel title="Timeline">
              <Timeline steps={record.timeline} />
            </Panel>
          </>
        )}
      </Loaded>
    </>
  )
}
