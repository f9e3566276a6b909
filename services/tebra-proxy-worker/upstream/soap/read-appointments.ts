import type { Appointment, Schedule } from '#lib/contract/clinic.ts'
import { type AppointmentWindow, appointmentWindows } from '../appointment-windows.ts'
import { appointmentOfRow } from '../clinic-rows.ts'
import { type AppointmentSearch, inOrder, matchesAppointment, ofPractice } from '../narrow.ts'
import { rowsIn } from '../rows.ts'
import { localDate, localDays } from '../time-zone.ts'
import type { ParsedParams } from '../upstream.ts'
import { fixedClock, formatRowTime } from '../wire-time.ts'
import { listOf, type SoapSession } from './soap-session.ts'

const hourMs = 3_600_000

async function readWindow(session: SoapSession, window: AppointmentWindow, search: AppointmentSearch) {
  const { start, end, offsetHours } = window
  // Whether the window's own times are read in the offset asked or as GMT is not documented: the distance between the
  // two is asked for on both sides, and what is too much is dropped below.
  const marginMs = Math.abs(offsetHours) * hourMs
  const result = await session.call(
    'GetAppointments',
    listOf({
      StartDate: formatRowTime(start - marginMs, offsetHours * 60),
      EndDate: formatRowTime(end + marginMs, offsetHours * 60),
      TimeZoneOffsetFromGMT: String(offsetHours),
      PatientID: search.patientId,
      PracticeName: session.credentials.practiceName,
      ResourceName: search.providerName,
    }),
  )
  const clock = fixedClock(offsetHours * 60)
  return rowsIn(result, 'Appointments', 'AppointmentData')
    .filter(ofPractice(session.credentials))
    .map((row) => appointmentOfRow(row, clock))
}

/** All appointments that start in `[start, end)`, asked for window by window; one that fails fails them all. */
export async function readAppointments(
  session: SoapSession,
  search: AppointmentSearch,
): Promise<Appointment[]> {
  const found: Appointment[] = []
  for (const window of appointmentWindows(session.credentials.timeZone, search.start, search.end)) {
    found.push(...(await readWindow(session, window, search)))
  }
  return inOrder(found.filter(matchesAppointment(search)))
}

export function getAppointments(params: ParsedParams<'getAppointments'>, session: SoapSession) {
  const { fromDate, toDate, patientId, providerName } = params
  const days = localDays(session.credentials.timeZone, fromDate, toDate)
  return readAppointments(session, { ...days, patientId, providerName })
}

/** One local day of the clinic; without a date, the day it is there now, which often is not the UTC day. */
export async function syncSchedule(
  params: ParsedParams<'syncSchedule'>,
  session: SoapSession,
): Promise<Schedule> {
  const { timeZone } = session.credentials
  const date = params.date ?? localDate(timeZone, session.now())
  const appointments = await readAppointments(session, localDays(timeZone, date))
  return { date, timeZone, appointments, syncedAt: new Date(session.now()).toISOString() }
}
