import type { Appointment, Patient } from '#lib/contract/clinic.ts'
import { type Row, textIn } from './rows.ts'
import type { ParsedParams, TebraCredentials } from './upstream.ts'

const plain = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s,.]+/g, ' ')
    .trim()

const contains = (text: string | undefined, wanted: string | undefined): boolean =>
  wanted === undefined || plain(text ?? '').includes(plain(wanted))

/** Server filters do not always narrow (observed live): what belongs to another practice of the account goes. */
export const ofPractice =
  ({ practiceName }: TebraCredentials) =>
  (row: Row): boolean => {
    const name = textIn(row, 'PracticeName')
    return practiceName === undefined || name === undefined || plain(name) === plain(practiceName)
  }

export const matchesSearch =
  (search: ParsedParams<'searchPatients'>) =>
  (patient: Patient): boolean =>
    contains(patient.lastName, search.lastName) &&
    contains(patient.firstName, search.firstName) &&
    (search.dateOfBirth === undefined || patient.dateOfBirth === search.dateOfBirth)

/** Each word is looked for by itself, so that `Last, First` is no reason to drop what the server has found. */
export const matchesFullName =
  (fullName: string | undefined) =>
  (patient: Patient): boolean =>
    plain(fullName ?? '')
      .split(' ')
      .every((word) => contains(`${patient.firstName} ${patient.lastName}`, word))

export interface AppointmentSearch {
  readonly start: number
  readonly end: number
  readonly patientId?: string | undefined
  readonly providerName?: string | undefined
}

export const matchesAppointment =
  ({ start, end, patientId, providerName }: AppointmentSearch) =>
  (appointment: Appointment): boolean => {
    const at = Date.parse(appointment.start)
    return (
      // An unreadable time is kept: the contract's schema refuses it loudly.
      (Number.isNaN(at) || (at >= start && at < end)) &&
      (patientId === undefined || appointment.patientId === patientId) &&
      contains(appointment.providerName, providerName)
    )
  }

/** One of each id, by start and then by id: windows overlap, and a row can come twice. */
export const inOrder = (appointments: readonly Appointment[]): Appointment[] =>
  [...new Map(appointments.map((appointment) => [appointment.id, appointment])).values()].sort(
    (a, b) => a.start.localeCompare(b.start) || a.id.localeCompare(b.id),
  )
