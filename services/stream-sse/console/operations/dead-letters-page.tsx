import { useState } from 'react'
import type { DeadLetter } from '#lib/contract/dead-letters.ts'
import { routeTo } from '../frame/use-route.ts'
import { Button } from '../parts/button.tsx'
import { ageText } from '../parts/clinic-time.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { shortId } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { Pager } from '../parts/pager.tsx'
import { usePages } from '../parts/use-pages.ts'
import { withQuery } from '../parts/with-query.ts'
import { noFilter, RequestFilter } from './request-filter.tsx'
import { RequestStatusBadge } from './request-status-badge.tsx'
import { RequeueManyDialog } from './requeue-many-dialog.tsx'

const states = [
  ['dead', 'Dead'],
  ['uncertain', 'Uncertain'],
] as const

/** What ended without an answer and waits for a person: found, opened, or given another round together. */
export function DeadLettersPage() {
  const [filter, setFilter] = useState(noFilter)
  const [isAsking, setAsking] = useState(false)
  const { userId: _, ...asked } = filter
  const pages = usePages<DeadLetter>(withQuery('/tebra/dead-letters', asked), 'deadLetters')
  const hasAny = (pages.items?.length ?? 0) > 0
  return (
    <>
      <PageTitle
        title="Dead letters"
        text="Each stays until somebody gives it another round or settles it."
        actions={
          <>
            {hasAny && <Button onClick={() => setAsking(true)}>Requeue many…</Button>}
            <Button isBusy={pages.isBusy} onClick={() => void pages.reload()}>
              Refresh
            </Button>
          </>
        }
      />
      <div className="card">
        <RequestFilter
          name="Filter the dead letters"
          states={states}
          extra={{ name: 'reason', label: 'Error code' }}
          onApply={setFilter}
        />
        <Loaded of={pages} data={pages.items}>
          {(items) => (
            <>
              {items.length > 0 && <DeadLetterTable items={items} />}
              <Pager pages={pages} none="No dead letter matches. Nothing waits for you here." />
            </>
          )}
        </Loaded>
      </div>
      {isAsking && (
        <RequeueManyDialog filter={filter} onClose={() => setAsking(false)} onDone={pages.reload} />
      )}
    </>
  )
}

function DeadLetterTable({ items }: { readonly items: readonly DeadLetter[] }) {
  return (
    <DataTable
      caption="Dead letters, newest first"
      rows={items}
      keyOf={({ id }) => id}
      columns={[
        {
          name: 'Request',
          cell: ({ id, action }) => (
            <a href={routeTo('dead-letters', id)}>
              {action} <span className="id">{shortId(id)}</span>
            </a>
          ),
        },
        { name: 'Status', cell: ({ status }) => <RequestStatusBadge status={status} /> },
        { name: 'Error', cell: ({ error }) => (error ? <code>{error.code}</code> : '–') },
        { name: 'Ended', cell: ({ sinceEndedMs }) => ageText(sinceEndedMs) },
        { name: 'Tries', isNumber: true, cell: ({ attempts }) => attempts },
      ]}
    />
  )
}
