import type { Appointment, NamedEntity, Patient, Provider } from '#lib/contract/clinic.ts'
import { readStatus } from './appointment-status.ts'
import { present, type Row, rowIn, textIn } from './rows.ts'
import { readDate, readTime, readUtcTime, type WallClock } from './wire-time.ts'

const minuteMs = 60_000
const toInstant = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString())
const idIn = (row: Row | undefined, name: string): string | undefined => {
  const id = textIn(row, name)
  return id === '0' ? undefined : id
}

/** A PatientData row as GetPatient and GetPatients show it. */
export const patientOf = (row: Row): Patient => ({
  id: textIn(row, 'ID') ?? '',
  firstName: textIn(row, 'FirstName') ?? '',
  lastName: textIn(row, 'LastName') ?? '',
  ...present({
    dateOfBirth: readDate(textIn(row, 'DOB') ?? textIn(row, 'DateOfBirth')),
    gender: textIn(row, 'Gender'),
    phone: textIn(row, 'MobilePhone') ?? textIn(row, 'HomePhone') ?? textIn(row, 'WorkPhone'),
    email: textIn(row, 'EmailAddress') ?? textIn(row, 'Email'),
    practiceName: textIn(row, 'PracticeName'),
  }),
})

export const providerOf = (row: Row): Provider => ({
  id: textIn(row, 'ID') ?? '',
  fullName:
    textIn(row, 'FullName') ?? `${textIn(row, 'FirstName') ?? ''} ${textIn(row, 'LastName') ?? ''}`.trim(),
  ...present({ specialty: textIn(row, 'SpecialtyName') ?? textIn(row, 'Specialty') }),
  active: textIn(row, 'Active')?.toLowerCase() !== 'false',
})

export const namedOf =
  (idName: string, name: string) =>
  (row: Row): NamedEntity => ({ id: textIn(row, idName) ?? '', name: textIn(row, name) ?? '' })

/**
 * A row of GetAppointments, whose zone-less times stand in the clock they were asked in. A time that cannot be read leaves
 * an empty instant, which the contract's schema refuses: an appointment is never shown at a guessed hour.
 */
export function appointmentOfRow(row: Row, clock: WallClock): Appointment {
  const start = readTime(textIn(row, 'StartDate'), clock)
  const minutes = Number(textIn(row, 'AppointmentDuration') ?? 0)
  const lasting = start === undefined || !Number.isFinite(minutes) ? undefined : start + minutes * minuteMs
  const upstreamStatus = textIn(row, 'ConfirmationStatus') ?? ''
  return {
    id: textIn(row, 'ID') ?? '',
    ...present({ patientId: idIn(row, 'PatientID') }),
    patientName: textIn(row, 'PatientFullName') ?? '',
    start: toInstant(start),
    end: toInstant(readTime(textIn(row, 'EndDate'), clock) ?? lasting),
    status: readStatus(upstreamStatus),
    upstreamStatus,
    ...present({
      providerName: textIn(row, 'ResourceName1'),
      providerId: idIn(row, 'ResourceID1'),
      locationId: idIn(row, 'ServiceLocationID'),
      locationName: textIn(row, 'ServiceLocationName'),
      reason: textIn(row, 'AppointmentReason1'),
      notes: textIn(row, 'Notes'),
    }),
  }
}

/** The answer of GetAppointment: the shape of a create request, times in UTC, ids without names. */
export function appointmentOfDetail(detail: Row): Appointment {
  const patient = rowIn(detail, 'PatientSummary')
  const upstreamStatus = textIn(detail, 'AppointmentStatus') ?? ''
  return {
    id: textIn(detail, 'AppointmentId') ?? '',
    ...present({ patientId: idIn(patient, 'PatientId') }),
    patientName: `${textIn(patient, 'FirstName') ?? ''} ${textIn(patient, 'LastName') ?? ''}`.trim(),
    start: toInstant(readUtcTime(textIn(detail, 'StartTime'))),
    end: toInstant(readUtcTime(textIn(detail, 'EndTime'))),
    status: readStatus(upstreamStatus),
    upstreamStatus,
    ...present({
      providerId: idIn(detail, 'ProviderId') ?? idIn(detail, 'ResourceId'),
      locationId: idIn(detail, 'ServiceLocationId'),
      notes: textIn(detail, 'Notes'),
    }),
  }
}
