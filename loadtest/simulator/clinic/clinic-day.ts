import { createRandom } from '../random.ts'
import { dayMs, instantIn, minuteMs } from '../zone-time.ts'
import type { Clinic } from './clinic.ts'
import type { Appointment, AppointmentStatus } from './types.ts'

/** A generated appointment and when its status changes by itself; the last change that is due counts. */
export type PlannedAppointment = Appointment & {
  changes: readonly { atMs: number; status: AppointmentStatus }[]
}

// Generated ids carry practice and day, so that a row can be found again without keeping the day.
const practiceSpan = 10_000_000
const rowsPerDay = 100

/** The first id given to an appointment that a caller creates. */
export const firstWrittenId = 900_000_001

/** Practice and day number behind a generated id. */
export const locateGenerated = (id: number) => ({
  practiceId: Math.floor(id / practiceSpan),
  day: Math.floor((id % practiceSpan) / rowsPerDay),
})

const planOf = (
  course: number,
  startMs: number,
  endMs: number,
  createdMs: number,
): PlannedAppointment['changes'] => {
  const booked = { atMs: createdMs, status: course < 0.05 ? 'Tentative' : 'Scheduled' } as const
  if (course >= 0.05 && course < 0.1) return [booked, { atMs: startMs - dayMs, status: 'Cancelled' }]
  const reminded = { atMs: startMs - 2 * dayMs, status: course < 0.3 ? 'ReminderSent' : 'Confirmed' } as const
  const begun = course < 0.05 ? [booked] : [booked, reminded]
  if (course < 0.18) return [...begun, { atMs: startMs + 20 * minuteMs, status: 'NoShow' }]
  return [
    ...begun,
    { atMs: startMs - 10 * minuteMs, status: 'CheckedIn' },
    { atMs: startMs + 2 * minuteMs, status: 'Roomed' },
    { atMs: startMs + 5 * minuteMs, status: 'ReadyToBeSeen' },
    { atMs: endMs + 5 * minuteMs, status: 'CheckedOut' },
  ]
}

/**
 * The 24 to 40 appointments of one practice on one local calendar day (days since 1970-01-01). Seed and day decide
 * everything, so every day that anybody asks for exists, and is the same each time.
 */
export const generateDay = (
  clinic: Clinic,
  seed: string,
  zone: string,
  practiceId: number,
  day: number,
): PlannedAppointment[] => {
  const random = createRandom(`${seed}:day:${practiceId}:${day}`)
  const mine = <T extends { practiceId: number }>(items: readonly T[]) =>
    items.filter((item) => item.practiceId === practiceId)
  const [patients, providers] = [mine(clinic.patients), mine(clinic.providers)]
  const [locations, reasons] = [mine(clinic.serviceLocations), mine(clinic.reasons)]
  const date = new Date(day * dayMs)
  const wall = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    second: 0,
  }
  // One patient has one appointment a day; ten hourly slots of four providers hold at most forty.
  const free = [...patients]
  return Array.from({ length: random.int(24, 40) }, (_, index) => {
    const patient = random.pick(free)
    free.splice(free.indexOf(patient), 1)
    const provider = providers[index % providers.length] ?? random.pick(providers)
    const reason = random.pick(reasons)
    const startMs = instantIn(zone, { ...wall, hour: 8 + Math.floor(index / 4), minute: (index % 2) * 30 })
    const endMs = startMs + reason.minutes * minuteMs
    const createdMs = startMs - random.int(3, 40) * dayMs
    return {
      id: practiceId * practiceSpan + day * rowsPerDay + index,
      practiceId,
      patientId: patient.id,
      providerId: provider.id,
      serviceLocationId: random.pick(locations).id,
      reasonId: reason.id,
      patientCaseId: patient.caseId,
      startMs,
      endMs,
      status: 'Scheduled',
      type: 'P',
      recurring: false,
      notes: random.chance(0.2) ? 'Prefers mornings & a call < 1 hour before' : '',
      createdMs,
      modifiedMs: createdMs,
      changes: planOf(random.next(), startMs, endMs, createdMs),
    }
  })
}
