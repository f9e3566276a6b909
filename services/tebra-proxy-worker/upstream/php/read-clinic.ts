import type { Appointment, Patient, Provider, Schedule } from '#lib/contract/clinic.ts'
import { appointmentOfRow, patientOf, providerOf } from '../clinic-rows.ts'
import { type AppointmentSearch, inOrder, matchesAppointment, matchesSearch, ofPractice } from '../narrow.ts'
import { isRow, type Row, rowsIn, textIn } from '../rows.ts'
import { localDate, localDays, wallTimeToInstant } from '../time-zone.ts'
import type { ParsedParams } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import type { PhpSession } from './php-session.ts'

const dayMs = 86_400_000
const windowDaysMax = 30

/** A list comes with the service's own SecurityResponse; without it an empty list could be refused credentials. */
function listResult(operation: string, data: unknown): Row {
  if (isRow(data) && 'SecurityResponse' in data) return data
  throw new UpstreamError('malformed-answer', { operation, detail: 'no SecurityResponse' })
}

/** Verified: the PHP API may answer with the first patient of a list that nothing narrowed (observed live). */
export async function getPatient(
  { patientId }: ParsedParams<'getPatient'>,
  session: PhpSession,
): Promise<Patient> {
  const operation = 'GetPatient'
  const data = await session.call('getPatient', { patientId })
  const row = isRow(data) && isRow(data.Patient) ? data.Patient : data
  const id = isRow(row) ? textIn(row, 'ID') : undefined
  if (!isRow(row) || id === undefined) throw new UpstreamError('not-found', { operation })
  if (id !== patientId) throw new UpstreamError('wrong-patient', { operation })
  if (!ofPractice(session.credentials)(row)) throw new UpstreamError('not-found', { operation })
  return patientOf(row)
}

/** The PHP API searches by last name only; the rest is narrowed here. */
export async function searchPatients(
  search: ParsedParams<'searchPatients'>,
  session: PhpSession,
): Promise<Patient[]> {
  const { lastName } = search
  if (lastName === undefined) {
    throw new UpstreamError('not-offered-by-php', {
      operation: 'searchPatients',
      detail: 'lastName is needed',
    })
  }
  const result = listResult('GetPatients', await session.call('searchPatients', { lastName }))
  return rowsIn(result, 'Patients', 'PatientData')
    .filter(ofPractice(session.credentials))
    .map(patientOf)
    .filter(matchesSearch(search))
}

export async function getProviders(session: PhpSession): Promise<Provider[]> {
  const result = listResult('GetProviders', await session.call('getProviders'))
  return rowsIn(result, 'Providers', 'ProviderData').filter(ofPractice(session.credentials)).map(providerOf)
}

interface DaySearch extends Omit<AppointmentSearch, 'start' | 'end'> {
  readonly fromDate: string
  readonly toDate: string
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** It asks Tebra without an offset, so rows come back in the clinic's own wall time. */
async function readAppointments(session: PhpSession, search: DaySearch): Promise<Appointment[]> {
  const { timeZone } = session.credentials
  const { fromDate, toDate, ...narrowing } = search
  const last = Date.parse(toDate)
  const found: Appointment[] = []
  for (let from = Date.parse(fromDate); from <= last; from += windowDaysMax * dayMs) {
    const days = { fromDate: dayOf(from), toDate: dayOf(Math.min(from + (windowDaysMax - 1) * dayMs, last)) }
    const result = listResult('GetAppointments', await session.call('getAppointments', days))
    const rows = rowsIn(result, 'Appointments', 'AppointmentData').filter(ofPractice(session.credentials))
    found.push(...rows.map((row) => appointmentOfRow(row, (wall) => wallTimeToInstant(timeZone, wall))))
  }
  return inOrder(found.filter(matchesAppointment({ ...localDays(timeZone, fromDate, toDate), ...narrowing })))
}

export const getAppointments = (params: ParsedParams<'getAppointments'>, session: PhpSession) =>
  readAppointments(session, params)

/** By getAppointments: the API's own syncSchedule asks for a UTC day and miscounts (observed live). */
export async function syncSchedule(
  params: ParsedParams<'syncSchedule'>,
  session: PhpSession,
): Promise<Schedule> {
  const { timeZone } = session.credentials
  const date = params.date ?? localDate(timeZone, session.now())
  const appointments = await readAppointments(session, { fromDate: date, toDate: date })
  return { date, timeZone, appointments, syncedAt: new Date(session.now()).toISOString() }
}

/** Looks through the local day of `start` for an appointment of this patient and resource at that instant. */
export async function findOnDay(
  session: PhpSession,
  key: { patientId: string; start: string; providerId: string },
): Promise<Appointment | undefined> {
  const at = Date.parse(key.start)
  const date = localDate(session.credentials.timeZone, at)
  const rows = await readAppointments(session, { fromDate: date, toDate: date, patientId: key.patientId })
  return rows.find(
    ({ start, providerId, status }) =>
      Math.abs(Date.parse(start) - at) < 1000 &&
      providerId === key.providerId &&
      status !== 'cancelled' &&
      status !== 'rescheduled',
  )
}
