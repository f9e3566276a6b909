import type { Appointment } from '#lib/contract/clinic.ts'
import { appointmentOfDetail } from '../clinic-rows.ts'
import { matchesAppointment } from '../narrow.ts'
import { type Row, rowIn, textIn } from '../rows.ts'
import type { AppointmentKey } from '../upstream.ts'
import { UpstreamError } from '../upstream-error.ts'
import { type PracticeIds, practiceIdFor } from './practice.ts'
import { readAppointments } from './read-appointments.ts'
import type { SoapSession } from './soap-session.ts'

/** One appointment as GetAppointment tells it, verified to be the one asked for. */
export async function readDetail({ call }: SoapSession, appointmentId: string): Promise<Row> {
  const operation = 'GetAppointment'
  const detail = rowIn(
    await call(operation, { Appointment: { AppointmentId: appointmentId } }),
    'Appointment',
  )
  const id = textIn(detail, 'AppointmentId')
  if (detail === undefined || id === undefined) throw new UpstreamError('not-found', { operation })
  if (id !== appointmentId) throw new UpstreamError('wrong-appointment', { operation })
  return detail
}

/**
 * One appointment of the practice the credentials name. Where several practices share an account, an id of another
 * one's is answered as if it were not there: nothing of it is shown, and nothing is written to it.
 */
export async function readOwnDetail(
  session: SoapSession,
  practices: PracticeIds,
  appointmentId: string,
): Promise<Row> {
  const detail = await readDetail(session, appointmentId)
  if (session.credentials.practiceName === undefined) return detail
  const own = await practiceIdFor(practices, session)
  if (textIn(detail, 'PracticeId') !== own)
    throw new UpstreamError('not-found', { operation: 'GetAppointment' })
  return detail
}

export async function appointmentNow(
  session: SoapSession,
  practices: PracticeIds,
  appointmentId: string,
): Promise<Appointment | undefined> {
  try {
    return appointmentOfDetail(await readOwnDetail(session, practices, appointmentId))
  } catch (error) {
    if (error instanceof UpstreamError && error.reason === 'not-found') return undefined
    throw error
  }
}

/**
 * Looks for an appointment by its natural key. List rows name resources, not providers, so each candidate's detail is
 * read; one that was called off is not the one a create has just made.
 */
export async function findAppointment(
  session: SoapSession,
  practices: PracticeIds,
  { patientId, start, providerId }: AppointmentKey,
): Promise<Appointment | undefined> {
  const at = Date.parse(start)
  const search = { start: Math.floor(at / 1000) * 1000, end: at + 1000, patientId }
  const rows = (await readAppointments(session, search)).filter(matchesAppointment(search))
  for (const row of rows) {
    if (row.status === 'cancelled' || row.status === 'rescheduled') continue
    const appointment = await appointmentNow(session, practices, row.id)
    if (appointment?.providerId === providerId) return appointment
  }
  return undefined
}
