import type { Appointment } from '../clinic/types.ts'
import { membersOf, textOf } from '../soap/data-contract.ts'
import { dayMs, offsetMinutes } from '../zone-time.ts'
import { type Context, contains, filterOf, visible } from './context.ts'
import { clockOf, isWithin, windowOf } from './date-filters.ts'
import { listOf, OperationError, type Payload } from './payload.ts'
import { appointmentDetail, appointmentRow, spokenStatuses } from './rows.ts'

const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')

/**
 * Filters on PracticeName and ServiceLocationName are read and do not narrow: a caller has to filter again, as with the
 * real service. Without a window of any kind the answer covers 30 days either side of now.
 */
export const getAppointments = (context: Context): Payload => {
  const { state, call } = context
  const filter = filterOf(context)
  const clock = clockOf(filter, state.timeZone, (instantMs) => offsetMinutes(state.timeZone, instantMs))
  const asked = windowOf(filter, ['StartDate', 'EndDate'], clock)
  const created = windowOf(filter, ['FromCreatedDate', 'ToCreatedDate'], clock)
  const modified = windowOf(filter, ['FromLastModifiedDate', 'ToLastModifiedDate'], clock)
  const now = state.clock.now()
  const window = asked ?? { fromMs: now - 30 * dayMs, toMs: now + 30 * dayMs }
  const [patientId, status] = [textOf(filter, 'PatientID'), textOf(filter, 'ConfirmationStatus')]
  if (patientId !== undefined) call.patientId = patientId
  const nameOf = (items: readonly { id: number; fullName?: string; name?: string }[], id: number | null) => {
    const item = items.find((candidate) => candidate.id === id)
    return item?.fullName ?? item?.name ?? ''
  }
  const wanted = (row: Appointment) =>
    (patientId === undefined || String(row.patientId) === patientId) &&
    (status === undefined ||
      [row.status, spokenStatuses[row.status]].some(
        (spelling) => spelling !== undefined && plain(spelling) === plain(status),
      )) &&
    (textOf(filter, 'Type') ?? row.type) === row.type &&
    contains(nameOf(state.clinic.patients, row.patientId), textOf(filter, 'PatientFullName')) &&
    contains(nameOf(state.clinic.providers, row.providerId), textOf(filter, 'ResourceName')) &&
    contains(nameOf(state.clinic.reasons, row.reasonId), textOf(filter, 'AppointmentReason')) &&
    isWithin(row.createdMs, created) &&
    isWithin(row.modifiedMs, modified)
  const rows = state.book.between(context.account.practiceIds, window.fromMs, window.toMs).filter(wanted)
  return listOf(
    'Appointments',
    'AppointmentData',
    rows.map((row) => appointmentRow(state, row, clock.offsetAt)),
  )
}

/** The appointment a request names, if the account may see it. */
export const findAppointment = (context: Context): Appointment => {
  const id = textOf(membersOf(context.members, 'Appointment'), 'AppointmentId')
  if (id !== undefined) context.call.appointmentId = id
  const row = context.state.book.find(Number(id))
  if (!row || visible(context, [row]).length === 0)
    throw new OperationError(`Appointment ${id} was not found.`)
  return row
}

export const getAppointment = (context: Context): Payload => ({
  kind: 'value',
  name: 'Appointment',
  value: appointmentDetail(context.state, findAppointment(context)),
})
