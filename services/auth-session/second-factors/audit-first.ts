import type { AuditLog, NewAuditEvent } from '#lib/audit/audit-log.ts'

/**
 * Records the change, then makes it: nothing happens that the audit log does not know of. A change that then fails
 * is recorded as failed too, where the log can still be reached, and its error goes on.
 */
export async function auditFirst<T>(
  deps: { audit: AuditLog },
  event: Omit<NewAuditEvent, 'outcome'>,
  change: () => Promise<T>,
): Promise<T> {
  await deps.audit.append({ ...event, outcome: 'success' })
  try {
    return await change()
  } catch (error) {
    await deps.audit.append({ ...event, outcome: 'failure' }).catch(() => undefined)
    throw error
  }
}
