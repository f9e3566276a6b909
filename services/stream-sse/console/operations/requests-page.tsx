import { useState } from 'react'
import type { RequestRecord } from '#lib/contract/requests.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { routeTo } from '../frame/use-route.ts'
import { Button } from '../parts/button.tsx'
import { durationText } from '../parts/clinic-time.ts'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { inWords, requestStates, shortId } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { Pager } from '../parts/pager.tsx'
import { usePages } from '../parts/use-pages.ts'
import { withQuery } from '../parts/with-query.ts'
import { noFilter, RequestFilter } from './request-filter.tsx'
import { RequestStatusBadge } from './request-status-badge.tsx'

const states = requestStates.map((status) => [status, inWords(status)] as const)

/** What was asked of Tebra and how it went: one's own, or the practice's for those who look after it. */
export function RequestsPage({ session }: { readonly session: SessionAnswer }) {
  const [filter, setFilter] = useState(noFilter)
  const pages = usePages<RequestRecord>(withQuery('/tebra/requests', filter), 'requests')
  const isOperator = session.permissions.includes('ops:read')
  return (
    <>
      <PageTitle
        title="Requests"
        text={isOperator ? 'All of the practice, newest first.' : 'What you asked of Tebra, newest first.'}
        actions={
          <Button isBusy={pages.isBusy} onClick={() => void pages.reload()}>
            Refresh
          </Button>
        }
      />
      <div className="card">
        <RequestFilter
          name="Filter the requests"
          states={states}
          onApply={setFilter}
          {...(isOperator && { extra: { name: 'userId', label: 'User’s id' } as const })}
        />
        <Loaded of={pages} data={pages.items}>
          {(items) => (
            <>
              {items.length > 0 && (
                <DataTable
                  caption="Requests, newest first"
                  rows={items}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      name: 'Request',
                      cell: ({ id, action }) => (
                        <a href={routeTo('requests', id)}>
                          {action} <span className="id">{shortId(id)}</span>
                        </a>
                      ),
                    },
                    { name: 'Status', cell: ({ status }) => <RequestStatusBadge status={status} /> },
                    { name: 'Submitted', cell: ({ submittedAt }) => <Moment at={submittedAt} /> },
                    {
                      name: 'Took',
                      isNumber: true,
                      cell: ({ durationMs }) => (durationMs === undefined ? '–' : durationText(durationMs)),
                    },
                    { name: 'Tries', isNumber: true, cell: ({ attempts }) => attempts },
                    { name: 'Error', cell: ({ error }) => (error ? <code>{error.code}</code> : '–') },
                  ]}
                />
              )}
              <Pager pages={pages} none="No request matches." />
            </>
          )}
        </Loaded>
      </div>
    </>
  )
}
