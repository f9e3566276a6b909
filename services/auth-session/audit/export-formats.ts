import { stringify } from 'csv-stringify/sync'
import { toFhir } from '#lib/audit/fhir.ts'
import type { AuditEvent } from '#lib/contract/audit.ts'

const columns = [
  'recordedAt',
  'action',
  'outcome',
  'actor',
  'entity',
  'practiceId',
  'source',
  'network',
  'requestId',
  'reason',
  'id',
] as const satisfies readonly (keyof AuditEvent)[]

interface ExportFormat {
  readonly mediaType: string
  readonly extension: string
  /** What stands before the first event. */
  readonly head: string
  readonly encode: (events: readonly AuditEvent[]) => string
}

/** RFC 4180 line ends. A value that a spreadsheet would run as a formula gets an apostrophe (OWASP, CSV injection). */
const csv = (rows: readonly (readonly (string | undefined)[])[]): string =>
  stringify([...rows], { escape_formulas: true, record_delimiter: 'windows', quote_record_delimiter: true })

export const exportFormats = {
  'fhir-ndjson': {
    mediaType: 'application/fhir+ndjson',
    extension: 'ndjson',
    head: '',
    encode: (events) => events.map((event) => `${JSON.stringify(toFhir(event))}\n`).join(''),
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    head: csv([columns]),
    encode: (events) => csv(events.map((event) => columns.map((column) => event[column]))),
  },
} as const satisfies Record<string, ExportFormat>
