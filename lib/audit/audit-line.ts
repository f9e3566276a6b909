import type { Logger } from '#lib/observability/logger.ts'
import type { AppendedEvent } from './audit-log.ts'

/**
 * Puts every event that stands into the log, too, with its place in the chain: the log's sink keeps it for as long as
 * the law asks. The level that the other lines need does not hold these back; only a silent logger does.
 */
export function createAuditLine(logger: Logger): (appended: AppendedEvent) => void {
  if (logger.level === 'silent') return () => {}
  const lines = logger.child({}, { level: 'info' })
  return ({ event, seq, mac }) => lines.info({ audit: { ...event, seq, mac } }, 'audit')
}
