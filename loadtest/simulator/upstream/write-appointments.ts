import type { Appointment, AppointmentStatus } from '../clinic/types.ts'
import { type Members, membersOf, textOf } from '../soap/data-contract.ts'
import { formatXsDateTime } from '../zone-time.ts'
import { type Context, visible } from './context.ts'
import { OperationError, type Payload } from './payload.ts'
import { findAppointment } from './read-appointments.ts'
import { appointmentDetail } from './rows.ts'

// A dateTime without a zone is taken as UTC, as the service does for these operations.
const instantOf = (text: string) => Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)

const idOf = (members: Members, name: string): number | undefined => {
  const text = textOf(members, name)
  return text === undefined ? undefined : Number(text)
}

const providerIdOf = (members: Members): number | undefined => {
  const list = members.ResourceIds
  const first = Array.isArray(list) ? list[0] : undefined
  return idOf(members, 'ProviderId') ?? idOf(members, 'ResourceId') ?? (first ? Number(first) : undefined)
}

const isTrue = (text: string | undefined) => text === 'true' || text === '1'

const need = <T extends { id: number; practiceId: number }>(
  context: Context,
  what: string,
  items: readonly T[],
  id: number | undefined,
): T => {
  const item = visible(context, items).find((candidate) => candidate.id === id)
  if (!item) throw new OperationError(`${what} ${id} was not found.`)
  return item
}

const describe = ({ call }: Context, row: Omit<Appointment, 'id' | 'createdMs' | 'modifiedMs'>) => {
  if (row.patientId !== null) call.patientId = String(row.patientId)
  call.start = formatXsDateTime(row.startMs)
  call.providerId = String(row.providerId)
  call.status = row.status
  if (row.notes !== '') call.notes = row.notes
}

const detail = (context: Context, row: Appointment): Payload => {
  context.call.appointmentId = String(row.id)
  context.call.written = true
  return { kind: 'value', name: 'Appointment', value: appointmentDetail(context.state, row) }
}

const checkIds = (context: Context, row: Omit<Appointment, 'id' | 'createdMs' | 'modifiedMs'>) => {
  const { clinic } = context.state
  if (!context.account.practiceIds.includes(row.practiceId)) {
    throw new OperationError(`Practice ${row.practiceId} was not found.`)
  }
  need(context, 'ServiceLocation', clinic.serviceLocations, row.serviceLocationId)
  need(context, 'Provider', clinic.providers, row.providerId)
  if (row.patientId !== null) need(context, 'Patient', clinic.patients, row.patientId)
  if (row.reasonId !== null) need(context, 'AppointmentReason', clinic.reasons, row.reasonId)
  if (row.type === 'P' && row.patientId === null)
    throw new OperationError('Appointment must have a valid patient.')
  if (!(row.endMs > row.startMs)) throw new OperationError('EndTime must be after StartTime.')
}

/** Nothing in the request tells a repeated create from a second one: each call makes an appointment. */
export const createAppointment = (context: Context): Payload => {
  const sent = membersOf(context.members, 'Appointment') ?? {}
  const providerId = providerIdOf(sent)
  if (providerId === undefined) {
    // Observed live behaviour, word for word.
    throw new OperationError('Appointment must have valid ProviderGuids or ResourceGuids.')
  }
  const fields = {
    practiceId: idOf(sent, 'PracticeId') ?? 0,
    patientId: idOf(membersOf(sent, 'PatientSummary') ?? {}, 'PatientId') ?? null,
    providerId,
    serviceLocationId: idOf(sent, 'ServiceLocationId') ?? 0,
    reasonId: idOf(sent, 'AppointmentReasonId') ?? null,
    patientCaseId: idOf(sent, 'PatientCaseId') ?? null,
    startMs: instantOf(textOf(sent, 'StartTime') ?? ''),
    endMs: instantOf(textOf(sent, 'EndTime') ?? ''),
    status: (textOf(sent, 'AppointmentStatus') ?? 'Unknown') as AppointmentStatus,
    type: (textOf(sent, 'AppointmentType') ?? 'U') as Appointment['type'],
    recurring: isTrue(textOf(sent, 'IsRecurring')),
    notes: textOf(sent, 'Notes') ?? '',
  }
  describe(context, fields)
  checkIds(context, fields)
  return detail(context, context.state.book.create(fields))
}

/**
 * Overwrites: case, reason and notes that are not sent again are lost; what cannot be empty keeps its value
 * (Tebra technical guide, April 2025, for the case; the rest is our reading).
 */
export const updateAppointment = (context: Context): Payload => {
  const before = findAppointment(context)
  const sent = membersOf(context.members, 'Appointment') ?? {}
  const [start, end] = [textOf(sent, 'StartTime'), textOf(sent, 'EndTime')]
  const recurring = textOf(sent, 'IsRecurring')
  const after: Appointment = {
    ...before,
    practiceId: idOf(sent, 'PracticeId') ?? before.practiceId,
    patientId: idOf(sent, 'PatientId') ?? before.patientId,
    providerId: providerIdOf(sent) ?? before.providerId,
    serviceLocationId: idOf(sent, 'ServiceLocationId') ?? before.serviceLocationId,
    reasonId: idOf(sent, 'AppointmentReasonId') ?? null,
    patientCaseId: idOf(sent, 'PatientCaseId') ?? null,
    startMs: start === undefined ? before.startMs : instantOf(start),
    endMs: end === undefined ? before.endMs : instantOf(end),
    status: (textOf(sent, 'AppointmentStatus') ?? before.status) as AppointmentStatus,
    type: (textOf(sent, 'AppointmentType') ?? before.type) as Appointment['type'],
    recurring: recurring === undefined ? before.recurring : isTrue(recurring),
    notes: textOf(sent, 'Notes') ?? '',
  }
  describe(context, after)
  checkIds(context, after)
  return detail(context, context.state.book.change(before.id, after) ?? after)
}

export const updateAppointmentStatus = (context: Context): Payload => {
  const before = findAppointment(context)
  const status = textOf(membersOf(context.members, 'Appointment'), 'AppointmentStatus') as AppointmentStatus
  const after = context.state.book.change(before.id, { status }) ?? before
  describe(context, after)
  return detail(context, after)
}
