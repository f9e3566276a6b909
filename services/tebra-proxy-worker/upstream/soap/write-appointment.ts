import type { Appointment } from '#lib/contract/clinic.ts'
import { upstreamSpelling, type WritableStatus } from '../appointment-status.ts'
import { appointmentOfDetail } from '../clinic-rows.ts'
import { isIdempotent } from '../error-classes.ts'
import { isTrueIn, type Row, rowIn, textIn } from '../rows.ts'
import type { ParsedParams } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { formatUtcTime, readUtcTime } from '../wire-time.ts'
import { type PracticeIds, practiceIdFor } from './practice.ts'
import { readDetail, readOwnDetail } from './read-appointment.ts'
import type { SoapSession } from './soap-session.ts'
import type { Members } from './write-xml.ts'

/** Reads back what was written. The write has landed, so no failure from here on may read as "try it again". */
async function readBack(
  session: SoapSession,
  operation: string,
  appointmentId: string,
): Promise<Appointment> {
  try {
    return appointmentOfDetail(await readDetail(session, appointmentId))
  } catch (error) {
    if (isIdempotent(operation)) throw error
    throw new UpstreamError('not-read-back', { operation, appointmentId })
  }
}

export async function createAppointment(
  params: ParsedParams<'createAppointment'>,
  session: SoapSession,
  practices: PracticeIds,
): Promise<Appointment> {
  const operation = 'CreateAppointment'
  const practiceId = await practiceIdFor(practices, session)
  const result = await session.call(operation, {
    Appointment: {
      AppointmentReasonId: params.reasonId,
      AppointmentStatus: upstreamSpelling[params.status],
      AppointmentType: 'P',
      EndTime: formatUtcTime(params.end),
      IsRecurring: 'false',
      Notes: params.notes,
      PatientSummary: { PatientId: params.patientId, PracticeId: practiceId },
      PracticeId: practiceId,
      ProviderId: params.providerId,
      ServiceLocationId: params.locationId,
      StartTime: formatUtcTime(params.start),
    },
  })
  const id = textIn(rowIn(result, 'Appointment'), 'AppointmentId')
  if (id === undefined) throw new UpstreamError('malformed-answer', { operation })
  return readBack(session, operation, id)
}

// An update overwrites: what is not sent again is lost, the patient's case first of all (Tebra technical guide, April 2025).
const kept = [
  ...['AppointmentMode', 'AppointmentName', 'AppointmentReasonId', 'AppointmentStatus', 'AppointmentType'],
  ...[
    'ForRecare',
    'InsurancePolicyAuthorizationId',
    'IsRecurring',
    'Notes',
    'PracticeId',
    'ServiceLocationId',
  ],
]

const resources = ['ProviderId', 'ResourceId'] as const

function longsIn(detail: Row, name: string): readonly string[] | undefined {
  const longs = rowIn(detail, name)?.long
  const ids = (Array.isArray(longs) ? longs : [longs]).filter((id) => typeof id === 'string')
  return ids.length === 0 ? undefined : ids
}

/** Start and end after the change; a start that moves alone takes the end with it. */
function timesAfter(detail: Row, { start, end }: ParsedParams<'updateAppointment'>): Members {
  const [startedAt, endedAt] = [
    readUtcTime(textIn(detail, 'StartTime')),
    readUtcTime(textIn(detail, 'EndTime')),
  ]
  if (startedAt === undefined || endedAt === undefined) {
    throw new UpstreamError('malformed-answer', { operation: 'GetAppointment' })
  }
  const startsAt = start === undefined ? startedAt : Date.parse(start)
  const endsAt = end === undefined ? startsAt + (endedAt - startedAt) : Date.parse(end)
  if (endsAt <= startsAt) throw new UpstreamError('ends-before-start', { operation: 'UpdateAppointment' })
  const utc = (ms: number) => formatUtcTime(new Date(ms).toISOString())
  return { StartTime: utc(startsAt), EndTime: utc(endsAt) }
}

function membersToUpdate(detail: Row, change: ParsedParams<'updateAppointment'>): Members {
  const before = Object.fromEntries(kept.map((name) => [name, textIn(detail, name)]))
  // The old resource beside a new provider would contradict it.
  const who =
    change.providerId === undefined
      ? {
          ...Object.fromEntries(resources.map((name) => [name, textIn(detail, name)])),
          ResourceIds: longsIn(detail, 'ResourceIds'),
        }
      : { ProviderId: change.providerId }
  const caseId = textIn(detail, 'PatientCaseId') ?? textIn(detail, 'PatientCaseID')
  return {
    ...before,
    ...who,
    ...timesAfter(detail, change),
    AppointmentId: change.appointmentId,
    AppointmentReasonId: change.reasonId ?? before.AppointmentReasonId,
    AppointmentStatus:
      change.status === undefined ? before.AppointmentStatus : upstreamSpelling[change.status],
    Notes: change.notes ?? before.Notes,
    PatientCaseId: caseId === '0' ? undefined : caseId,
    PatientId: textIn(rowIn(detail, 'PatientSummary'), 'PatientId'),
    ServiceLocationId: change.locationId ?? before.ServiceLocationId,
  }
}

/** Read, change, write, read back. A series is refused: its rule would not survive being written again. */
export async function updateAppointment(
  change: ParsedParams<'updateAppointment'>,
  session: SoapSession,
  practices: PracticeIds,
): Promise<Appointment> {
  const operation = 'UpdateAppointment'
  const detail = await readOwnDetail(session, practices, change.appointmentId)
  if (isTrueIn(detail, 'IsRecurring') || isTrueIn(detail, 'IsGroupAppointment')) {
    throw new UpstreamError('series-not-supported', { operation })
  }
  await session.call(operation, { Appointment: membersToUpdate(detail, change) })
  return readBack(session, operation, change.appointmentId)
}

/**
 * Sets the status alone (UpdateAppointmentStatus, observed live in 2026) and reads back what it became. On an account
 * of several practices it is read first: the operation itself would change any practice's appointment.
 */
export async function updateAppointmentStatus(
  { appointmentId, status }: { appointmentId: string; status: WritableStatus },
  session: SoapSession,
  practices: PracticeIds,
): Promise<Appointment> {
  const operation = 'UpdateAppointmentStatus'
  if (session.credentials.practiceName !== undefined) await readOwnDetail(session, practices, appointmentId)
  await session.call(operation, {
    Appointment: { AppointmentId: appointmentId, AppointmentStatus: upstreamSpelling[status] },
  })
  return readBack(session, operation, appointmentId)
}
