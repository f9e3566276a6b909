import type { RequestStatus } from '#lib/contract/requests.ts'
import { Badge } from '../parts/badge.tsx'
import { inWords, requestTone } from '../parts/names.ts'

/** Where a request stands. */
export function RequestStatusBadge({ status }: { readonly status: RequestStatus }) {
  return <Badge tone={requestTone[status]}>{inWords(status)}</Badge>
}
