import { offsetMinutes } from './time-zone.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Tebra fails on windows over 60 days (observed live). With the margin asked on both sides, each stays within 30. */
const windowMaxMs = 28 * dayMs

/** A span of instants `[start, end)` that one GetAppointments asks for, and the whole-hour offset it asks in. */
export interface AppointmentWindow {
  readonly start: number
  readonly end: number
  readonly offsetHours: number
}

/** The first instant in `(from, to]` at which the zone's offset is no longer that of `from`; `to` must already differ. */
function changeBetween(zone: string, from: number, to: number): number {
  const offset = offsetMinutes(zone, from)
  let [same, changed] = [from, to]
  while (changed - same > 1000) {
    const middle = same + Math.floor((changed - same) / 2000) * 1000
    if (offsetMinutes(zone, middle) === offset) same = middle
    else changed = middle
  }
  return changed
}

function endOfWindow(zone: string, start: number, end: number): number {
  const offset = offsetMinutes(zone, start)
  for (let from = start; from < end; ) {
    const to = Math.min(from + dayMs, end)
    if (offsetMinutes(zone, to) !== offset) return changeBetween(zone, from, to)
    from = to
  }
  return end
}

/**
 * Cuts `[start, end)` into windows of at most 28 days in which the zone's offset does not change. The offset that
 * Tebra takes is an integer: a half hour is rounded down, and as rows come back in the offset asked for, their
 * instants stay exact; only the figures on the wire differ from the clinic's wall clock.
 */
export function appointmentWindows(zone: string, start: number, end: number): AppointmentWindow[] {
  const windows: AppointmentWindow[] = []
  for (let from = start; from < end; ) {
    const to = endOfWindow(zone, from, Math.min(from + windowMaxMs, end))
    windows.push({ start: from, end: to, offsetHours: Math.floor(offsetMinutes(zone, from) / 60) })
    from = to
  }
  return windows
}
