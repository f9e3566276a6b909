import type { NamedEntity, Patient, Provider } from '#lib/contract/clinic.ts'
import { namedOf, patientOf, providerOf } from '../clinic-rows.ts'
import { matchesFullName, matchesSearch, ofPractice } from '../narrow.ts'
import { rowIn, rowsIn, textIn } from '../rows.ts'
import type { ParsedParams } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { type PracticeIds, practiceIdFor } from './practice.ts'
import { listOf, type SoapSession } from './soap-session.ts'
import type { Members } from './write-xml.ts'

const dayMs = 86_400_000
const windowMs = 28 * dayMs
const dayOf = (instantMs: number): string => new Date(instantMs).toISOString().slice(0, 10)

/** One patient, verified: PatientFilter has no PatientID, so the list operations can never be asked for one. */
export async function getPatient(
  { patientId }: ParsedParams<'getPatient'>,
  session: SoapSession,
): Promise<Patient> {
  const operation = 'GetPatient'
  const row = rowIn(await session.call(operation, { Filter: { PatientID: patientId } }), 'Patient')
  const id = textIn(row, 'ID')
  if (row === undefined || id === undefined) throw new UpstreamError('not-found', { operation })
  if (id !== patientId) throw new UpstreamError('wrong-patient', { operation })
  if (!ofPractice(session.credentials)(row)) throw new UpstreamError('not-found', { operation })
  return patientOf(row)
}

async function readPatients({ call, credentials }: SoapSession, filter: Members): Promise<Patient[]> {
  const result = await call('GetPatients', listOf({ ...filter, PracticeName: credentials.practiceName }))
  return rowsIn(result, 'Patients', 'PatientData').filter(ofPractice(credentials)).map(patientOf)
}

export async function searchPatients(search: ParsedParams<'searchPatients'>, session: SoapSession) {
  const { firstName, lastName, dateOfBirth } = search
  const patients = await readPatients(session, {
    FirstName: firstName,
    LastName: lastName,
    FromDateOfBirth: dateOfBirth,
    // The upper bound is exclusive (observed live).
    ToDateOfBirth: dateOfBirth === undefined ? undefined : dayOf(Date.parse(dateOfBirth) + dayMs),
  })
  return patients.filter(matchesSearch(search))
}

/**
 * `modifiedSince` is a lower bound: the vendor filters by day in a zone it does not name, so a day more is asked for.
 * Date filters come in pairs and fail over 60 days (observed live): one call for every 28 days since then.
 */
export async function getPatients(params: ParsedParams<'getPatients'>, session: SoapSession) {
  const { fullName, modifiedSince } = params
  const wanted = matchesFullName(fullName)
  if (modifiedSince === undefined) return (await readPatients(session, { FullName: fullName })).filter(wanted)
  const found = new Map<string, Patient>()
  const tomorrow = session.now() + dayMs
  for (let from = Date.parse(modifiedSince) - dayMs; from <= tomorrow; from += windowMs) {
    const patients = await readPatients(session, {
      FullName: fullName,
      FromLastModifiedDate: dayOf(from),
      ToLastModifiedDate: dayOf(Math.min(from + windowMs, tomorrow)),
    })
    for (const patient of patients.filter(wanted)) found.set(patient.id, patient)
  }
  return [...found.values()]
}

export async function getProviders({ call, credentials }: SoapSession): Promise<Provider[]> {
  const result = await call('GetProviders', listOf({ PracticeName: credentials.practiceName }))
  return rowsIn(result, 'Providers', 'ProviderData').filter(ofPractice(credentials)).map(providerOf)
}

export async function getServiceLocations({ call, credentials }: SoapSession): Promise<NamedEntity[]> {
  const result = await call('GetServiceLocations', listOf({ PracticeName: credentials.practiceName }))
  return rowsIn(result, 'ServiceLocations', 'ServiceLocationData')
    .filter(ofPractice(credentials))
    .map(namedOf('ID', 'Name'))
}

/** GetAppointmentReasons takes a practice and no filter (observed live in 2026). */
export async function getAppointmentReasons(
  session: SoapSession,
  practices: PracticeIds,
): Promise<NamedEntity[]> {
  const practiceId = await practiceIdFor(practices, session)
  const result = await session.call('GetAppointmentReasons', { PracticeId: practiceId })
  return rowsIn(result, 'AppointmentReasons', 'AppointmentReasonData', 'AppointmentReasonId')
    .filter((row) => (textIn(row, 'PracticeId') ?? practiceId) === practiceId)
    .map(namedOf('AppointmentReasonId', 'Name'))
}

/** The vendor's own intervals for this account, which override the documented table. */
export async function readThrottles({ call }: SoapSession): Promise<ReadonlyMap<string, number>> {
  const rows = rowsIn(await call('GetThrottles'), 'Throttles', 'ThrottleDetail', 'Endpoint')
  const stated = rows.map(
    (row) => [textIn(row, 'Endpoint') ?? '', Number(textIn(row, 'ThrottleTimeMs'))] as const,
  )
  return new Map(stated.filter(([, intervalMs]) => Number.isFinite(intervalMs) && intervalMs >= 0))
}
