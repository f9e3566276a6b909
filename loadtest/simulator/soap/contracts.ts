import { appointmentStatuses } from '../clinic/types.ts'

/** The main namespace of Tebra's SOAP API. */
export const kareo = 'http://www.kareo.com/api/schemas/'
/** That of the ServiceLocation and ProcedureCode request types: no trailing slash (observed live behaviour). */
export const kareoNoSlash = 'http://www.kareo.com/api/schemas'

export type Kind =
  | 'text'
  | 'long'
  | 'boolean'
  | 'dateTime'
  | 'longs'
  | 'any'
  | { oneOf: readonly string[] }
  | Contract
export type Member = { name: string; kind: Kind; required?: boolean; namespace?: string }

/** A data contract: its members in the one order in which they are read. */
export type Contract = { members: readonly Member[] }

const texts = (...names: string[]): Member[] => names.map((name) => ({ name, kind: 'text' }))
const inNamespace = (namespace: string, members: readonly Member[]): Member[] =>
  members.map((member) => ({ ...member, namespace }))

const credentials = texts('CustomerKey', 'Password', 'User')
const header: Member = {
  name: 'RequestHeader',
  kind: { members: [...texts('ClientVersion'), ...credentials] },
}
const fields: Member = { name: 'Fields', kind: 'any' }
const createdAndModified = ['FromCreatedDate', 'FromLastModifiedDate']
const untilCreatedAndModified = ['ToCreatedDate', 'ToLastModifiedDate']

// The base type's member comes first, then the rest alphabetically.
const list = (...filter: string[]): Contract => ({
  members: [header, fields, { name: 'Filter', kind: { members: texts(...filter) } }],
})

const status: Member = { name: 'AppointmentStatus', kind: { oneOf: appointmentStatuses } }
const type: Member = { name: 'AppointmentType', kind: { oneOf: ['U', 'P', 'O'] } }
const member = (name: string, kind: Kind): Member => ({ name, kind })
const need = (wanted: Member): Member => ({ ...wanted, required: true })
const id = member('AppointmentId', 'long')

const patientSummary: Contract = {
  members: [
    ...texts('DateOfBirth', 'Email', 'FirstName', 'GenderId', 'Guid', 'HomePhone', 'LastName', 'MiddleName'),
    ...texts('MobilePhone', 'OtherEmail', 'OtherPhone'),
    member('PatientId', 'long'),
    member('PracticeId', 'long'),
    ...texts('PreferredEmailType', 'PreferredPhoneType', 'WorkEmail', 'WorkPhone'),
  ],
}

// Members of AppointmentCreate; AppointmentUpdate has the same and a flat PatientId, other ones are needed.
const appointmentMembers: readonly Member[] = [
  id,
  ...texts('AppointmentMode', 'AppointmentName'),
  member('AppointmentReasonId', 'long'),
  status,
  type,
  member('AttendeesCount', 'long'),
  member('CustomerId', 'long'),
  member('EndTime', 'dateTime'),
  member('ForRecare', 'boolean'),
  member('InsurancePolicyAuthorizationId', 'long'),
  member('IsGroupAppointment', 'boolean'),
  member('IsRecurring', 'boolean'),
  member('MaxAttendees', 'long'),
  member('Notes', 'text'),
  member('OccurrenceId', 'long'),
  member('PatientCaseId', 'long'),
  member('PatientId', 'long'),
  member('PatientSummaries', 'any'),
  member('PatientSummary', patientSummary),
  member('PracticeId', 'long'),
  member('ProviderId', 'long'),
  member('RecurrenceRule', 'any'),
  member('ResourceId', 'long'),
  member('ResourceIds', 'longs'),
  member('ServiceLocationId', 'long'),
  member('StartTime', 'dateTime'),
  member('WasCreatedOnline', 'boolean'),
]

const appointment = (needed: readonly string[], without: readonly string[]): Contract => ({
  members: [
    header,
    need(
      member('Appointment', {
        members: appointmentMembers
          .filter(({ name }) => !without.includes(name))
          .map((wanted) => (needed.includes(wanted.name) ? need(wanted) : wanted)),
      }),
    ),
  ],
})

const createNeeds = [status, type].map(({ name }) => name)
createNeeds.push('EndTime', 'IsRecurring', 'PracticeId', 'ServiceLocationId', 'StartTime')

/** Request types by operation (Tebra technical guide, April 2025, and its WSDL). */
export const requestContracts: Readonly<Record<string, Contract>> = {
  GetPatient: {
    members: [
      header,
      { name: 'Filter', kind: { members: texts('ExternalID', 'ExternalVendorID', 'PatientID') } },
    ],
  },
  GetPatients: list(
    ...['FirstName', 'FromCreatedDate', 'FromDateOfBirth', 'FromLastModifiedDate', 'FullName', 'LastName'],
    ...['PracticeName', 'SSN', 'ToCreatedDate', 'ToDateOfBirth', 'ToLastModifiedDate'],
  ),
  GetAppointments: list(
    ...[
      'AppointmentReason',
      'ConfirmationStatus',
      'EndDate',
      ...createdAndModified,
      'PatientCasePayerScenario',
    ],
    ...['PatientFullName', 'PatientID', 'PracticeName', 'ResourceName', 'ServiceLocationName', 'StartDate'],
    ...['TimeZoneOffsetFromGMT', ...untilCreatedAndModified, 'Type'],
  ),
  GetAppointment: { members: [header, need(member('Appointment', { members: [need(id)] }))] },
  CreateAppointment: appointment(createNeeds, ['PatientId']),
  UpdateAppointment: appointment(['AppointmentId', 'PatientId', 'ServiceLocationId'], ['CustomerId']),
  UpdateAppointmentStatus: {
    members: [header, need(member('Appointment', { members: [need(id), need(status)] }))],
  },
  GetProviders: list(
    ...createdAndModified,
    ...['FullName', 'ID', 'PracticeID', 'PracticeName', ...untilCreatedAndModified, 'Type'],
  ),
  GetPractices: list(
    'Active',
    ...createdAndModified,
    'ID',
    'NPI',
    'PracticeName',
    'TaxID',
    ...untilCreatedAndModified,
  ),
  GetServiceLocations: {
    members: [
      header,
      ...inNamespace(kareoNoSlash, [
        need(fields),
        member('Filter', {
          members: inNamespace(
            kareoNoSlash,
            texts(...createdAndModified, 'ID', 'PracticeID', 'PracticeName', ...untilCreatedAndModified),
          ),
        }),
      ]),
    ],
  },
  GetAppointmentReasons: { members: [header, need(member('PracticeId', 'long'))] },
  GetThrottles: { members: [header] },
  // Does not extend the base request: its credentials stand flat.
  GetCustomerIdFromKey: { members: credentials },
}
