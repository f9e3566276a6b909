import { z } from 'zod'
import { Instant, LocalDate } from './ids.ts'

/** What Tebra tells, typed the same whichever form of the upstream answered. Ids are Tebra's, as strings. */

const TebraId = z
  .string()
  .regex(/^[0-9]{1,18}$/, 'digits, at most 18')
  .meta({ examples: ['10001'] })

export const Patient = z
  .object({
    id: TebraId,
    firstName: z.string(),
    lastName: z.string(),
    dateOfBirth: LocalDate.optional(),
    gender: z.string().optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
    practiceName: z.string().optional(),
  })
  .meta({ id: 'Patient' })
export type Patient = z.infer<typeof Patient>

export const Provider = z
  .object({ id: TebraId, fullName: z.string(), specialty: z.string().optional(), active: z.boolean() })
  .meta({ id: 'Provider' })
export type Provider = z.infer<typeof Provider>

export const NamedEntity = z.object({ id: TebraId, name: z.string() }).meta({ id: 'NamedEntity' })
export type NamedEntity = z.infer<typeof NamedEntity>

/** Where an appointment stands, as far as Tebra knows; an unknown upstream value stays visible as `unknown`. */
export const AppointmentStatus = z
  .enum([
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
    'unknown',
  ])
  .meta({ id: 'AppointmentStatus' })
export type AppointmentStatus = z.infer<typeof AppointmentStatus>

export const Appointment = z
  .object({
    id: TebraId,
    patientId: TebraId.optional(),
    patientName: z.string(),
    start: Instant,
    end: Instant,
    status: AppointmentStatus,
    upstreamStatus: z.string().meta({ description: 'The value as Tebra spelled it' }),
    providerName: z.string().optional(),
    providerId: TebraId.optional(),
    locationId: TebraId.optional(),
    locationName: z.string().optional(),
    reason: z.string().optional(),
    notes: z.string().optional(),
  })
  .meta({ id: 'Appointment' })
export type Appointment = z.infer<typeof Appointment>

export const Schedule = z
  .object({
    date: LocalDate,
    timeZone: z.string(),
    appointments: z.array(Appointment),
    syncedAt: Instant,
  })
  .meta({ id: 'Schedule' })
export type Schedule = z.infer<typeof Schedule>

export { TebraId }
