import { z } from 'zod'

/** UUIDv7 (RFC 9562): requests, correlations and audit events; it sorts by time of making. */
export const Uuid = z.uuid().meta({ description: 'UUID, version 7 where we make it' })
export type Uuid = z.infer<typeof Uuid>

/** As a part of other patterns. */
export const practiceIdPattern = '[a-z0-9][a-z0-9-]{0,31}'
/** A practice's short name. It stands in key names and tokens, so it is a slug and never carries PHI. */
export const PracticeId = z
  .string()
  .regex(new RegExp(`^${practiceIdPattern}$`), 'lower-case letters, digits and dashes, at most 32')
export type PracticeId = z.infer<typeof PracticeId>

/** An ISO 8601 instant in UTC, e.g. `2026-11-20T15:04:05.123Z`. */
export const Instant = z.iso.datetime().meta({ pattern: 'Z$' })
export type Instant = z.infer<typeof Instant>

/** An ISO 8601 instant as a caller may give it, with any offset. */
export const GivenInstant = z.iso.datetime({ offset: true })

/** A calendar day without a zone, e.g. `2026-11-20`; which instants it covers is the clinic's zone's matter. */
export const LocalDate = z.iso.date().meta({ examples: ['2026-11-20'] })
/** A day that the calendar has, as part of another pattern. */
export const localDatePattern = z.core.regexes.date.source.slice(1, -1)
export type LocalDate = z.infer<typeof LocalDate>
