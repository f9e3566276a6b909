import type { AuditLog, NewAuditEvent } from '#lib/audit/audit-log.ts'
import type { ActiveSession } from '#lib/http/active-session.ts'

/** Who asks, and under which request id: what `c.var` has of a signed-in request. */
export interface Caller {
  readonly session: Pick<ActiveSession, 'userId' | 'practiceId'>
  readonly requestId: string
}

type Deed = Pick<NewAuditEvent, 'action' | 'entity' | 'reason'>

/** Records what a caller does or reads; rejects, and so keeps it from happening, when that is not sure. */
export function auditDeed(
  { audit }: { audit: AuditLog },
  { session, requestId }: Caller,
  deed: Deed,
  outcome: NewAuditEvent['outcome'] = 'success',
): Promise<void> {
  const { userId: actor, practiceId } = session
  return audit.append({ ...deed, actor, practiceId, requestId, outcome })
}

/**
 * Makes a change under its audit event: the event stands first, so that no change is without one; where the change is
 * then refused, a second event says so.
 */
export async function auditChange<Answer extends string>(
  deps: { audit: AuditLog },
  caller: Caller,
  deed: Deed,
  change: () => Promise<Answer>,
): Promise<Answer> {
  await auditDeed(deps, caller, deed)
  const answer = await change()
  if (answer !== 'done') await auditDeed(deps, caller, { ...deed, reason: `refused: ${answer}` }, 'failure')
  return answer
}
