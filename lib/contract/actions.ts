import { z } from 'zod'
import { Appointment, NamedEntity, Patient, Provider, Schedule, TebraId } from './clinic.ts'
import { Instant, LocalDate } from './ids.ts'
import type { Permission } from './permissions.ts'
import { trimmedText, withMembers } from './rules.ts'

const none = z.strictObject({})
const writableStatus = z.enum([
  'tentative',
  'scheduled',
  'confirmed',
  'checked-in',
  'roomed',
  'ready-for-provider',
  'checked-out',
  'no-show',
  'cancelled',
  'rescheduled',
])

const dayRange = z
  .strictObject({
    fromDate: LocalDate,
    toDate: LocalDate,
    patientId: TebraId.optional(),
    providerName: trimmedText(1, 128).optional(),
  })
  .refine((range) => range.fromDate <= range.toDate, {
    path: ['toDate'],
    message: 'must not be before fromDate',
  })
  .refine((range) => Date.parse(range.toDate) - Date.parse(range.fromDate) <= 366 * 86_400_000, {
    path: ['toDate'],
    message: 'at most 366 days after fromDate',
  })

const appointmentToCreate = z
  .strictObject({
    patientId: TebraId,
    providerId: TebraId,
    locationId: TebraId,
    reasonId: TebraId.optional(),
    start: Instant.meta({ examples: ['2026-11-20T15:00:00Z'] }),
    end: Instant.meta({ examples: ['2026-11-20T15:30:00Z'] }),
    status: writableStatus.default('scheduled'),
    notes: trimmedText(1, 2000).optional(),
  })
  .refine(({ start, end }) => Date.parse(start) < Date.parse(end), {
    path: ['end'],
    message: 'must be after start',
  })

const appointmentToUpdate = withMembers(
  z.strictObject({
    appointmentId: TebraId,
    start: Instant.optional(),
    end: Instant.optional(),
    providerId: TebraId.optional(),
    locationId: TebraId.optional(),
    reasonId: TebraId.optional(),
    status: writableStatus.optional(),
    notes: trimmedText(1, 2000).optional(),
  }),
  2,
  'name at least one field to change',
)

/** What a write touches; the reads that show it are asked anew afterwards. */
export type Subject = 'appointments'

interface CacheRule {
  /** So long an answer passes for new, from when it came. */
  readonly freshMs: number
  /** So long it stands in, marked, for an upstream that is away; then it is gone. */
  readonly staleMs: number
  readonly shows?: Subject
}

interface ActionShape {
  readonly params: z.ZodType
  readonly result: z.ZodType
  readonly permission: Permission
  /** Whether sending it twice leaves the same state; only such an action is retried after an unclear outcome. */
  readonly idempotent: boolean
  /** Vendor's shortest interval between two calls of the busiest operation behind it, in ms. */
  readonly minimumIntervalMs: number
  readonly attemptsMax: number
  /** Absent where every answer must come from the upstream. */
  readonly cache?: CacheRule
  readonly changes?: Subject
}

const seconds = 1_000
const minutes = 60 * seconds
const hours = 60 * minutes
/** What a clinic changes a few times a year: people, places, reasons. */
const directory: CacheRule = { freshMs: 5 * minutes, staleMs: 24 * hours }
const patients: CacheRule = { freshMs: 15 * seconds, staleMs: 1 * hours }
const onePatient: CacheRule = { freshMs: 30 * seconds, staleMs: 1 * hours }
const schedule: CacheRule = { freshMs: 10 * seconds, staleMs: 4 * hours, shows: 'appointments' }

/** The catalogue: everything a browser or a program can ask of Tebra. Intervals: Tebra technical guide, April 2025. */
export const actions = {
  testConnection: {
    params: none,
    result: z.object({
      connected: z.boolean(),
      form: z.enum(['soap', 'php']),
      practiceName: z.string().optional(),
    }),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 2,
  },
  healthCheck: {
    params: none,
    result: z.object({ healthy: z.boolean(), form: z.enum(['soap', 'php']), latencyMs: z.number() }),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 1,
  },
  getPatient: {
    params: z.strictObject({ patientId: TebraId }),
    result: Patient,
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 250,
    attemptsMax: 5,
    cache: onePatient,
  },
  searchPatients: {
    params: withMembers(
      z.strictObject({
        lastName: trimmedText(1, 64).optional(),
        firstName: trimmedText(1, 64).optional(),
        dateOfBirth: LocalDate.optional(),
      }),
      1,
      'name at least one thing to search by',
    ),
    result: z.array(Patient),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 1000,
    attemptsMax: 5,
    cache: patients,
  },
  getPatients: {
    params: z.strictObject({ fullName: trimmedText(1, 128).optional(), modifiedSince: Instant.optional() }),
    result: z.array(Patient),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 1000,
    attemptsMax: 5,
    cache: patients,
  },
  getProviders: {
    params: none,
    result: z.array(Provider),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 5,
    cache: directory,
  },
  getAppointments: {
    params: dayRange,
    result: z.array(Appointment),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 1000,
    attemptsMax: 5,
    cache: schedule,
  },
  createAppointment: {
    params: appointmentToCreate,
    result: Appointment,
    permission: 'appointments:write',
    idempotent: false,
    minimumIntervalMs: 500,
    attemptsMax: 3,
    changes: 'appointments',
  },
  updateAppointment: {
    params: appointmentToUpdate,
    result: Appointment,
    permission: 'appointments:write',
    idempotent: false,
    minimumIntervalMs: 500,
    attemptsMax: 3,
    changes: 'appointments',
  },
  updateAppointmentStatus: {
    params: z.strictObject({ appointmentId: TebraId, status: writableStatus }),
    result: Appointment,
    permission: 'appointments:write',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 5,
    changes: 'appointments',
  },
  syncSchedule: {
    params: z.strictObject({ date: LocalDate.optional() }),
    result: Schedule,
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 1000,
    attemptsMax: 5,
    cache: schedule,
  },
  getPractices: {
    params: none,
    result: z.array(NamedEntity),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 5,
    cache: directory,
  },
  getServiceLocations: {
    params: none,
    result: z.array(NamedEntity),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 500,
    attemptsMax: 5,
    cache: directory,
  },
  getAppointmentReasons: {
    params: none,
    result: z.array(NamedEntity),
    permission: 'patients:read',
    idempotent: true,
    minimumIntervalMs: 1000,
    attemptsMax: 5,
    cache: directory,
  },
} as const satisfies Record<string, ActionShape>

export type ActionName = keyof typeof actions
export type ActionParams<A extends ActionName> = z.input<(typeof actions)[A]['params']>
export type ActionResult<A extends ActionName> = z.output<(typeof actions)[A]['result']>

export const actionNames = Object.keys(actions) as [ActionName, ...ActionName[]]
export const ActionName = z.enum(actionNames).meta({ id: 'ActionName' })

const shapes: Readonly<Record<ActionName, ActionShape>> = actions
export const cacheRuleOf = (action: ActionName): CacheRule | undefined => shapes[action].cache
export const subjectChangedBy = (action: ActionName): Subject | undefined => shapes[action].changes
/** No cached answer outlives this. */
export const staleMsMax = Math.max(...actionNames.map((action) => cacheRuleOf(action)?.staleMs ?? 0))
