/** Everything here is invented; ids are numbers inside and texts on the wire. */
export type Practice = { id: number; name: string }
export type Provider = {
  id: number
  practiceId: number
  firstName: string
  lastName: string
  fullName: string
  npi: string
}
export type ServiceLocation = { id: number; practiceId: number; name: string; address: string }
export type AppointmentReason = { id: number; practiceId: number; name: string; minutes: number }
export type Patient = {
  id: number
  practiceId: number
  firstName: string
  lastName: string
  fullName: string
  dateOfBirth: string
  gender: string
  phone: string
  email: string
  medicalRecordNumber: string
  externalId: string
  caseId: number
  createdMs: number
}

/** The values of Tebra's AppointmentStatus, in the spelling that writes use. */
export const appointmentStatuses = [
  'Unknown',
  'Scheduled',
  'ReminderSent',
  'Confirmed',
  'CheckedIn',
  'Roomed',
  'CheckedOut',
  'NeedsReschedule',
  'ReadyToBeSeen',
  'NoShow',
  'Cancelled',
  'Rescheduled',
  'Tentative',
] as const
export type AppointmentStatus = (typeof appointmentStatuses)[number]

export type Appointment = {
  id: number
  practiceId: number
  /** Null for a block of the provider's time (type O). */
  patientId: number | null
  providerId: number
  serviceLocationId: number
  reasonId: number | null
  patientCaseId: number | null
  startMs: number
  endMs: number
  status: AppointmentStatus
  type: 'U' | 'P' | 'O'
  recurring: boolean
  notes: string
  createdMs: number
  modifiedMs: number
}
