import type { Appointment, AppointmentStatus, Patient } from '../clinic/types.ts'
import { hash } from '../random.ts'
import type { Simulator } from '../simulator.ts'
import type { Tree } from '../soap/xml-writer.ts'
import { formatUsDateTime, formatXsDateTime, minuteMs, offsetMinutes } from '../zone-time.ts'

// Lists spell some statuses as people do, single answers as programs do (observed live behaviour).
export const spokenStatuses: Partial<Record<AppointmentStatus, string>> = {
  CheckedIn: 'Check-in',
  CheckedOut: 'Check-out',
  NoShow: 'No-show',
  ReminderSent: 'Reminder Sent',
  NeedsReschedule: 'Needs Reschedule',
  ReadyToBeSeen: 'Ready To Be Seen',
}

const orNull = (text: string) => (text === '' ? null : text)
const idOrNull = (id: number | null) => (id === null ? null : String(id))
const byId = <T extends { id: number }>(items: readonly T[], id: number | null) =>
  items.find((item) => item.id === id)
// Of ten numbered members only the first is used.
const numbered = (name: string, first: string | null): Tree =>
  Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`${name}${index + 1}`, index === 0 ? first : null]),
  )

/** A row of GetAppointments: all texts, zone-less times at the offset asked for (Tebra technical guide, April 2025). */
export const appointmentRow = (
  { clinic, seed }: Simulator,
  row: Appointment,
  offsetAt: (instantMs: number) => number,
): Tree => {
  const at = (instantMs: number) => formatUsDateTime(instantMs, offsetAt(instantMs))
  const spoken = hash(`${seed}:spelling:${row.id}`) % 2 === 0
  return {
    AllDay: 'False',
    AppointmentDuration: String((row.endMs - row.startMs) / minuteMs),
    ...numbered('AppointmentReason', byId(clinic.reasons, row.reasonId)?.name ?? null),
    ConfirmationStatus: (spoken ? spokenStatuses[row.status] : undefined) ?? row.status,
    CreatedDate: at(row.createdMs),
    EndDate: at(row.endMs),
    ID: String(row.id),
    LastModifiedDate: at(row.modifiedMs),
    Notes: orNull(row.notes),
    PatientCaseID: idOrNull(row.patientCaseId),
    PatientFullName: byId(clinic.patients, row.patientId)?.fullName ?? null,
    PatientID: idOrNull(row.patientId),
    PracticeID: String(row.practiceId),
    PracticeName: byId(clinic.practices, row.practiceId)?.name ?? null,
    Recurring: row.recurring ? 'True' : 'False',
    ...numbered('ResourceID', String(row.providerId)),
    ...numbered('ResourceName', byId(clinic.providers, row.providerId)?.fullName ?? null),
    ServiceLocationID: String(row.serviceLocationId),
    ServiceLocationName: byId(clinic.serviceLocations, row.serviceLocationId)?.name ?? null,
    StartDate: at(row.startMs),
    Type: row.type,
  }
}

/** The answer of GetAppointment and of the writes: the shape of a create request, times in UTC. */
export const appointmentDetail = ({ clinic }: Simulator, row: Appointment): Tree => {
  const patient = byId(clinic.patients, row.patientId)
  return {
    AppointmentId: String(row.id),
    AppointmentReasonId: idOrNull(row.reasonId),
    AppointmentStatus: row.status,
    AppointmentType: row.type,
    CreatedAt: formatXsDateTime(row.createdMs),
    EndTime: formatXsDateTime(row.endMs),
    IsRecurring: row.recurring,
    Notes: orNull(row.notes),
    PatientCaseId: idOrNull(row.patientCaseId),
    PatientSummary: patient
      ? {
          DateOfBirth: patient.dateOfBirth,
          FirstName: patient.firstName,
          LastName: patient.lastName,
          PatientId: String(patient.id),
          PracticeId: String(patient.practiceId),
        }
      : null,
    PracticeId: String(row.practiceId),
    ProviderId: String(row.providerId),
    ResourceId: String(row.providerId),
    ServiceLocationId: String(row.serviceLocationId),
    StartTime: formatXsDateTime(row.startMs),
    UpdatedAt: formatXsDateTime(row.modifiedMs),
  }
}

/** A patient as both GetPatient and GetPatients show it. */
export const patientRow = ({ clinic, timeZone }: Simulator, patient: Patient): Tree => ({
  CreatedDate: formatUsDateTime(patient.createdMs, offsetMinutes(timeZone, patient.createdMs)),
  DOB: patient.dateOfBirth,
  EmailAddress: patient.email,
  FirstName: patient.firstName,
  Gender: patient.gender,
  HomePhone: patient.phone,
  ID: String(patient.id),
  LastName: patient.lastName,
  MedicalRecordNumber: patient.medicalRecordNumber,
  PatientExternalID: patient.externalId,
  PatientFullName: patient.fullName,
  PracticeId: String(patient.practiceId),
  PracticeName: byId(clinic.practices, patient.practiceId)?.name ?? null,
})
