import { textOf } from '../soap/data-contract.ts'
import { type Context, contains, filterOf, visible } from './context.ts'
import { fixedClock, isWithin, parseFilterDate, windowOf } from './date-filters.ts'
import { listOf, OperationError, type Payload } from './payload.ts'
import { patientRow } from './rows.ts'

const utc = fixedClock(0)

const bornOn = (text: string) => parseFilterDate(text, utc)?.atMs ?? Number.NaN

export const getPatient = (context: Context): Payload => {
  const { state, call, faults } = context
  const filter = filterOf(context)
  const [id, externalId] = [textOf(filter, 'PatientID'), textOf(filter, 'ExternalID')]
  if (id !== undefined) call.patientId = id
  const patients = visible(context, state.clinic.patients)
  const asked = patients.find((patient) =>
    id === undefined ? patient.externalId === externalId : String(patient.id) === id,
  )
  const found = faults['wrong-patient'] ? patients.find((patient) => patient !== asked) : asked
  return { kind: 'value', name: 'Patient', value: found ? patientRow(state, found) : null }
}

/** PatientFilter has no PatientID: a caller that sends one gets everybody. */
export const getPatients = (context: Context): Payload => {
  const { state } = context
  const filter = filterOf(context)
  const created = windowOf(filter, ['FromCreatedDate', 'ToCreatedDate'], utc)
  const modified = windowOf(filter, ['FromLastModifiedDate', 'ToLastModifiedDate'], utc)
  const born = windowOf(filter, ['FromDateOfBirth', 'ToDateOfBirth'], utc, 60_000)
  // Observed live behaviour: the upper bound of the date of birth is exclusive.
  const bornBefore = textOf(filter, 'ToDateOfBirth')
  const rows = visible(context, state.clinic.patients).filter(
    (patient) =>
      contains(patient.fullName, textOf(filter, 'FullName')) &&
      contains(patient.firstName, textOf(filter, 'FirstName')) &&
      contains(patient.lastName, textOf(filter, 'LastName')) &&
      isWithin(patient.createdMs, created) &&
      isWithin(patient.createdMs, modified) &&
      isWithin(bornOn(patient.dateOfBirth), born) &&
      (bornBefore === undefined || bornOn(patient.dateOfBirth) < bornOn(bornBefore)),
  )
  return listOf(
    'Patients',
    'PatientData',
    rows.map((patient) => patientRow(state, patient)),
  )
}

const practiceNameOf = ({ state }: Context, practiceId: number) =>
  state.clinic.practices.find((practice) => practice.id === practiceId)?.name ?? null

const hasId = (id: number, wanted: string | undefined) => wanted === undefined || String(id) === wanted

export const getProviders = (context: Context): Payload => {
  const filter = filterOf(context)
  const rows = visible(context, context.state.clinic.providers)
    .filter((provider) => hasId(provider.id, textOf(filter, 'ID')))
    .filter((provider) => hasId(provider.practiceId, textOf(filter, 'PracticeID')))
    .filter((provider) => contains(provider.fullName, textOf(filter, 'FullName')))
    .map((provider) => ({
      Active: 'True',
      FirstName: provider.firstName,
      FullName: provider.fullName,
      ID: String(provider.id),
      LastName: provider.lastName,
      NationalProviderIdentifier: provider.npi,
      PracticeID: String(provider.practiceId),
      PracticeName: practiceNameOf(context, provider.practiceId),
      Type: 'Normal Provider',
    }))
  return listOf('Providers', 'ProviderData', rows)
}

export const getPractices = (context: Context): Payload => {
  const filter = filterOf(context)
  const rows = context.state.clinic.practices
    .filter((practice) => context.account.practiceIds.includes(practice.id))
    .filter((practice) => hasId(practice.id, textOf(filter, 'ID')))
    .filter((practice) => contains(practice.name, textOf(filter, 'PracticeName')))
    .map((practice) => ({ Active: 'True', ID: String(practice.id), PracticeName: practice.name }))
  return listOf('Practices', 'PracticeData', rows)
}

export const getServiceLocations = (context: Context): Payload => {
  const filter = filterOf(context)
  const rows = visible(context, context.state.clinic.serviceLocations)
    .filter((location) => hasId(location.id, textOf(filter, 'ID')))
    .filter((location) => hasId(location.practiceId, textOf(filter, 'PracticeID')))
    .map((location) => ({
      AddressLine1: location.address,
      ID: String(location.id),
      Name: location.name,
      PracticeID: String(location.practiceId),
      PracticeName: practiceNameOf(context, location.practiceId),
    }))
  return listOf('ServiceLocations', 'ServiceLocationData', rows)
}

export const getAppointmentReasons = (context: Context): Payload => {
  const practiceId = textOf(context.members, 'PracticeId')
  const mine = visible(context, context.state.clinic.reasons).filter((reason) =>
    hasId(reason.practiceId, practiceId),
  )
  if (mine.length === 0) throw new OperationError(`Practice ${practiceId} was not found.`)
  const rows = mine.map((reason) => ({
    AppointmentReasonId: String(reason.id),
    DefaultColorCode: '0',
    DefaultDurationMinutes: String(reason.minutes),
    Name: reason.name,
    PracticeId: String(reason.practiceId),
  }))
  return listOf('AppointmentReasons', 'AppointmentReasonData', rows, 'AppointmentReasonId')
}

export const getThrottles = ({ state }: Context): Payload => {
  const rows = state.limits.table().map(({ endpoint, throttleTimeMs }) => ({
    Endpoint: endpoint,
    ThrottleTimeMs: String(throttleTimeMs),
  }))
  return listOf('Throttles', 'ThrottleDetail', rows, 'Endpoint')
}
