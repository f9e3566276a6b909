import type { Account } from '../accounts.ts'
import type { Call } from '../counters.ts'
import type { ActiveFaults } from '../faults.ts'
import type { Simulator } from '../simulator.ts'
import type { Members } from '../soap/data-contract.ts'
import type { Tree } from '../soap/xml-writer.ts'
import { answerOperation, type OperationResult } from '../upstream/answer-operation.ts'
import { formatUsDateTime } from '../zone-time.ts'

export type Params = Readonly<Record<string, unknown>>

/** Wrong params: answered with HTTP 400 validation_error. */
export class ValidationError extends Error {}

/** A call of a SOAP operation that does not exist: answered with HTTP 503 soap_fault. */
export class MissingOperation extends Error {}

export type ActionContext = {
  state: Simulator
  account: Account
  params: Params
  call: Call
  faults: ActiveFaults
}
export type ActionResult = { data: unknown; outcome: string }

/** An action and the SOAP operation that it ends in, if any. */
export type Action = { operation?: string; run: (context: ActionContext) => ActionResult }

const textParam = (params: Params, name: string): string => {
  const value = params[name]
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw new ValidationError(`Missing required parameter: ${name}`)
}

const dateParam = (params: Params, name: string): string => {
  const text = textParam(params, name)
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new ValidationError(`Invalid date: ${name}`)
}

/** Lists of one become the element itself, as PHP's SoapClient decodes them. */
export const asPhp = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 1 ? asPhp(value[0]) : value.map(asPhp)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asPhp(member)]))
}

const callSoap = ({ state, account, call, faults }: ActionContext, operation: string, members: Members) => {
  const { customerKey, user, password } = account
  const header = { CustomerKey: customerKey, Password: password, User: user }
  return answerOperation(state, operation, { RequestHeader: header, ...members }, call, faults)
}

const failureOf = ({ errorMessage, authenticated }: OperationResult): string | undefined =>
  errorMessage ??
  (authenticated ? undefined : 'Tebra authentication failed: Invalid user name and/or password')

// HTTP 200 and success:true outside, the failure inside.
const orInnerFailure = (answer: OperationResult, data: (result: Tree) => unknown): ActionResult => {
  const error = failureOf(answer)
  return {
    outcome: answer.outcome,
    data: error === undefined ? data(answer.result) : { success: false, error },
  }
}

const rowsOf = (result: Tree, list: string, row: string): readonly Tree[] => {
  const rows = (result[list] as Tree | null)?.[row]
  return Array.isArray(rows) ? (rows as Tree[]) : []
}

// Passes the result on unread, so that throttling and refused credentials stay inside it.
const getAppointments = (context: ActionContext): ActionResult => {
  const [StartDate, EndDate] = [dateParam(context.params, 'fromDate'), dateParam(context.params, 'toDate')]
  const { result, outcome } = callSoap(context, 'GetAppointments', {
    Fields: '',
    Filter: { EndDate, StartDate },
  })
  return { data: { GetAppointmentsResult: asPhp(result) }, outcome }
}

/** The known mistake: a patient who is not found is replaced by the first one of a list that nothing narrows. */
const getPatient = (context: ActionContext): ActionResult => {
  const PatientID = textParam(context.params, 'patientId')
  const exists = context.state.clinic.patients.some((patient) => String(patient.id) === PatientID)
  if (exists) {
    const answer = callSoap(context, 'GetPatient', { Filter: { PatientID } })
    return orInnerFailure(answer, (result) => asPhp(result.Patient ?? null))
  }
  const answer = callSoap(context, 'GetPatients', { Fields: '', Filter: {} })
  return orInnerFailure(answer, (result) => asPhp(rowsOf(result, 'Patients', 'PatientData')[0] ?? null))
}

const searchPatients = (context: ActionContext): ActionResult => {
  const LastName = textParam(context.params, 'lastName')
  return orInnerFailure(callSoap(context, 'GetPatients', { Fields: '', Filter: { LastName } }), asPhp)
}

const getProviders = (context: ActionContext): ActionResult =>
  orInnerFailure(callSoap(context, 'GetProviders', { Fields: '', Filter: {} }), (result) => ({
    GetProvidersResult: asPhp(result),
  }))

/** Asks for a UTC day whatever the clinic's zone, and counts the members of the answer, not the appointments. */
const syncSchedule = (context: ActionContext): ActionResult => {
  const today = new Date(context.state.clock.now()).toISOString().slice(0, 10)
  const date = context.params.date === undefined ? today : dateParam(context.params, 'date')
  const Filter = { EndDate: `${date}T23:59:59Z`, StartDate: `${date}T00:00:00Z` }
  return orInnerFailure(callSoap(context, 'GetAppointments', { Fields: '', Filter }), (result) => ({
    success: true,
    date,
    count: Object.keys(result).length,
    appointments: asPhp(rowsOf(result, 'Appointments', 'AppointmentData')),
  }))
}

const testConnection = (context: ActionContext): ActionResult =>
  orInnerFailure(callSoap(context, 'GetPractices', { Fields: '', Filter: {} }), () => ({
    success: true,
    message: 'Connection to Tebra successful',
    timestamp: formatUsDateTime(context.state.clock.now(), 0),
  }))

const health = ({ state }: ActionContext): ActionResult => ({
  data: { status: 'healthy', service: 'tebra-php-api', timestamp: new Date(state.clock.now()).toISOString() },
  outcome: 'ok',
})

const callsMissing =
  (operation: string) =>
  ({ params }: ActionContext): ActionResult => {
    if (typeof params.appointmentData !== 'object' || params.appointmentData === null) {
      throw new ValidationError('Missing required parameter: appointmentData')
    }
    throw new MissingOperation(`Function ("${operation}") is not a valid method for this service`)
  }

/** Every action of the PHP API. Writing has never worked: it calls operations that do not exist. */
export const actions: Readonly<Record<string, Action>> = {
  getAppointments: { operation: 'GetAppointments', run: getAppointments },
  getProviders: { operation: 'GetProviders', run: getProviders },
  getPatient: { operation: 'GetPatient', run: getPatient },
  searchPatients: { operation: 'GetPatients', run: searchPatients },
  createAppointment: { run: callsMissing('CreateAppointments') },
  updateAppointment: { run: callsMissing('UpdateAppointments') },
  syncSchedule: { operation: 'GetAppointments', run: syncSchedule },
  testConnection: { operation: 'GetPractices', run: testConnection },
  health: { run: health },
  getHealthStatus: { run: health },
}
