import type { ReactNode } from 'react'
import type { RequestRecord } from '#lib/contract/requests.ts'
import { durationText } from '../parts/clinic-time.ts'
import { Fact, Facts } from '../parts/facts.tsx'
import { Moment } from '../parts/moment.tsx'
import { RequestStatusBadge } from './request-status-badge.tsx'

type Told = Pick<
  RequestRecord,
  'id' | 'correlationId' | 'userId' | 'status' | 'attempts' | 'submittedAt' | 'durationMs' | 'error'
>

/** What stands in a request's record, without what was asked and answered. */
export function RequestFacts({ of, children }: { readonly of: Told; readonly children?: ReactNode }) {
  const { id, correlationId, userId, status, attempts, submittedAt, durationMs, error } = of
  return (
    <Facts>
      <Fact name="Status">
        <RequestStatusBadge status={status} />
      </Fact>
      <Fact name="Submitted">
        <Moment at={submittedAt} />
      </Fact>
      {durationMs !== undefined && <Fact name="Took">{durationText(durationMs)}</Fact>}
      <Fact name="Tries">{attempts}</Fact>
      {error && (
        <Fact name="Error">
          <code>{error.code}</code> {error.message}
        </Fact>
      )}
      {children}
      <Fact name="Request">
        <code>{id}</code>
      </Fact>
      <Fact name="Correlation">
        <code>{correlationId}</code>
      </Fact>
      <Fact name="User">
        <code>{userId}</code>
      </Fact>
    </Facts>
  )
}
