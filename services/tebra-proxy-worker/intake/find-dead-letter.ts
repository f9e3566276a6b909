import type { DeadLetter } from '#lib/contract/dead-letters.ts'
import type { RequestRecord } from '#lib/contract/requests.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { isDeadLetter, needsConfirm } from './dead-letter-desk.ts'
import type { IntakeDeps } from './intake-deps.ts'

/** The caller's practice's dead letter of that id. @throws DomainError `not-found` | `not-a-dead-letter` */
export async function findDeadLetter(
  { desk }: Pick<IntakeDeps, 'desk'>,
  session: ActiveSession,
  id: string,
): Promise<RequestRecord> {
  const found = await desk.readPlain(session.practiceId, id)
  if (!found) throw new DomainError('not-found')
  if (!isDeadLetter(found)) throw new DomainError('not-a-dead-letter')
  return found
}

/** A dead letter as operators see it, `now` in ms. */
export function toDeadLetter(record: RequestRecord, now: number): DeadLetter {
  const { data: _data, note: _note, resolvedBy: _by, resolvedAt: _at, ...rest } = record
  const since = (instant: string) => Math.max(0, now - Date.parse(instant))
  return {
    ...rest,
    sinceSubmittedMs: since(record.submittedAt),
    sinceEndedMs: since(record.endedAt ?? record.submittedAt),
    confirmRequired: needsConfirm(record),
  }
}
