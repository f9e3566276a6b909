import { useState } from 'react'
import type { AuditEvent } from '#lib/contract/audit.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { shortId } from '../parts/names.ts'
import { PageTitle } from '../parts/page-title.tsx'
import { Pager } from '../parts/pager.tsx'
import { usePages } from '../parts/use-pages.ts'
import { withQuery } from '../parts/with-query.ts'
import { AuditFilterForm, type AuditFilterValue, noAuditFilter } from './audit-filter-form.tsx'
import { EmergencyUses } from './emergency-uses.tsx'
import { VerifyPanel } from './verify-panel.tsx'

/** Who did what to which thing, when, and how it went. Reading it stands in it. */
export function AuditPage() {
  const [filter, setFilter] = useState<AuditFilterValue>(noAuditFilter)
  const pages = usePages<AuditEvent>(withQuery('/auth/audit', filter), 'events')
  const exportTo = (format: string) => withQuery('/auth/audit/export', { ...filter, format })
  return (
    <>
      <PageTitle
        title="Audit log"
        text="Newest first. Searching, exporting and verifying are recorded too."
        actions={
          <>
            <a className="button button-small" href={exportTo('csv')} download>
              Export as CSV
            </a>
            <a className="button button-small" href={exportTo('fhir-ndjson')} download>
              Export as FHIR
            </a>
          </>
        }
      />
      <div className="card">
        <AuditFilterForm onApply={setFilter} />
        <Loaded of={pages} data={pages.items}>
          {(events) => (
            <>
              {events.length > 0 && (
                <AuditTable events={events} onActor={(actor) => setFilter({ ...noAuditFilter, actor })} />
              )}
              <Pager
                pages={pages}
                none={pages.hasMore ? 'Nothing among the newest; there are older ones.' : 'No event matches.'}
                moreText="Search further back"
              />
            </>
          )}
        </Loaded>
      </div>
      <VerifyPanel />
      <EmergencyUses />
    </>
  )
}

interface AuditTableProps {
  readonly events: readonly AuditEvent[]
  readonly onActor: (actor: string) => void
}

function AuditTable({ events, onActor }: AuditTableProps) {
  return (
    <DataTable
      caption="Audit events, newest first"
      rows={events}
      keyOf={({ id }) => id}
      columns={[
        { name: 'Action', cell: ({ action }) => action },
        { name: 'When', cell: ({ recordedAt }) => <Moment at={recordedAt} /> },
        {
          name: 'Outcome',
          // Nearly all succeed: what failed stands out.
          cell: ({ outcome }) => (outcome === 'success' ? 'Success' : <Badge tone="bad">Failure</Badge>),
        },
        {
          name: 'Who',
          cell: ({ actor }) => (
            <Button kind="quiet" label={`Only what ${shortId(actor)} did`} onClick={() => onActor(actor)}>
              {shortId(actor)}
            </Button>
          ),
        },
        { name: 'What', cell: ({ entity }) => <EntityText entity={entity} /> },
        { name: 'Why', cell: ({ reason }) => reason ?? '–' },
        {
          name: 'By way of',
          cell: ({ source, network }) => (
            <>
              {source} {network && <span className="id">{network}</span>}
            </>
          ),
        },
      ]}
    />
  )
}

function EntityText({ entity }: { readonly entity: string }) {
  const [type = '', id = ''] = entity.split('/')
  return (
    <span title={entity}>
      {type} <span className="id">{shortId(id)}</span>
    </span>
  )
}
