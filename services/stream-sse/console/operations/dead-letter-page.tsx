import { useState } from 'react'
import type { DeadLetter } from '#lib/contract/dead-letters.ts'
import { routeTo } from '../frame/use-route.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Notice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Panel } from '../parts/panel.tsx'
import { useReading } from '../parts/use-reading.ts'
import { RequestFacts } from './request-facts.tsx'
import { RequeueForm } from './requeue-form.tsx'
import { ResolveForm } from './resolve-form.tsx'
import { Timeline } from './timeline.tsx'

export type OpenedLetter = DeadLetter & { readonly params: Readonly<Record<string, unknown>> }

/** One dead letter with what was sent; opening it is a read of patient data and stands in the audit log. */
export function DeadLetterPage({ id }: { readonly id: string }) {
  const letter = useReading<OpenedLetter>(`/tebra/dead-letters/${id}`)
  const [outcome, setOutcome] = useState<string>()
  return (
    <>
      <PageTitle
        title={letter.data?.action ?? 'Dead letter'}
        back={{ href: routeTo('dead-letters'), name: 'Dead letters' }}
      />
      {outcome !== undefined ? (
        <Notice tone="info" title={outcome} isAnnounced>
          <p>
            <a href={routeTo('requests', id)}>See how the request goes on</a>
          </p>
        </Notice>
      ) : (
        <Loaded of={letter} data={letter.data}>
          {(opened) => (
            <>
              {opened.confirmRequired && (
                <Notice tone="warn" title="This may have been written already">
                  <p>
                    Look it up in Tebra before you do anything. Requeue it only if it is not there; if it is,
                    settle it as a success.
                  </p>
                </Notice>
              )}
              <Panel title="What happened">
                <RequestFacts of={opened} />
                <Timeline steps={opened.timeline} />
              </Panel>
              <RequeueForm letter={opened} onDone={() => setOutcome('It is in the queue again')} />
              <ResolveForm id={id} onDone={() => setOutcome('It is settled')} />
            </>
          )}
        </Loaded>
      )}
    </>
  )
}
