import type { ResponseEvent } from '#lib/contract/events.ts'
import type { AnswerMeta, RequestError, RequestRecord, RequestStatus } from '#lib/contract/requests.ts'

/** One step of a request on its way, as the client heard of it. `at` is the server's instant. */
export interface Progress {
  readonly requestId: string
  readonly status: RequestStatus
  readonly attempt: number
  readonly at: string
  readonly reason: string | undefined
}

/** How a request ended, whether the event told it or the record. */
export interface RequestEnd {
  readonly requestId: string
  readonly status: RequestStatus
  readonly data: unknown
  readonly meta: AnswerMeta | undefined
  readonly error: RequestError | undefined
}

// The contract's isEnd would bring its validator into the bundle; a status added there fails to compile here.
const ends: Readonly<Record<RequestStatus, boolean>> = {
  pending: false,
  processing: false,
  retrying: false,
  success: true,
  error: true,
  dead: true,
  uncertain: true,
  cancelled: true,
}

function metaOf({ source, stale = false, ageMs = 0 }: ResponseEvent | RequestRecord): AnswerMeta | undefined {
  return source && { source, stale, ageMs }
}

/** The end told by a response event; undefined where a successful one leaves the data to the record. */
export function endOfEvent(event: ResponseEvent): RequestEnd | undefined {
  const { requestId, status, data, error } = event
  if (status === 'success' && data === undefined) return undefined
  return { requestId, status, data, meta: metaOf(event), error }
}

/** The end as the record has it; undefined while it is on its way. */
export function endOfRecord(record: RequestRecord): RequestEnd | undefined {
  const { id: requestId, status, data, error } = record
  return ends[status] ? { requestId, status, data, meta: metaOf(record), error } : undefined
}
